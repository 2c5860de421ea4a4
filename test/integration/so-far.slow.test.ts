import { expect, test } from 'vitest';
import { openDecisions, type RunState } from '../../shared/run/state.ts';
import { calls, scripted } from '../fakes/openai/index.ts';
import { asksOnceInput, waits } from '../harness/asks-once.ts';
import { repositoryWith } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';
import { preparedTree } from '../fakes/prepared-tree.ts';

const bash = (command: string) => calls('bash', { command, timeoutSeconds: null, network: null });

/** Asks before it changes something, and again when it has. */
const script = scripted([
  bash('echo once >> log.txt'),
  bash('printf "A log.\\nMore.\\n" > readme.txt'),
  bash('echo twice >> log.txt'),
  calls('finish', { summary: 'Written.', claims: [] }),
]);

const approve = (rig: Rig, state: RunState) => {
  const [open] = openDecisions(state);
  if (open === undefined) throw new Error('nothing is asked');
  return rig.api.decisions.decide.mutate({
    run: state.id,
    decision: open.request.id,
    hash: open.request.hash,
    verdict: { kind: 'approved' },
  });
};

test('whoever is asked can see what the run has changed by then, and nothing else', async () => {
  await using rig = await Rig.start({ script });
  const repository = await repositoryWith({ 'readme.txt': 'A log.\n' });
  const { id } = await rig.delegate({ ...asksOnceInput, verification: [], repository });

  const first = await rig.settled(id, waits);
  expect(first.soFar).toBe(null);
  await expect(rig.api.runs.diff.query({ run: id, soFar: true })).rejects.toThrow('saved no changes');
  const nothing = await rig.cli(['diff', '1', '--so-far']);
  expect(nothing).toMatchObject({ code: 1, stdout: '' });
  expect(nothing.stderr).toContain('saved no changes');

  await approve(rig, first);
  const second = await rig.settled(id, (state) => waits(state) && state.soFar !== null);
  expect(second.soFar).toMatchObject({ files: 2, additions: 2, deletions: 0, head: preparedTree(second).head });
  const review = await rig.api.runs.diff.query({ run: id, soFar: true });
  expect(review.changes.files.map(({ status, after }) => [status, after?.path])).toEqual([
    ['added', 'log.txt'],
    ['modified', 'readme.txt'],
  ]);
  expect(review.patch).toContain('+once\n');
  expect(review.patch).not.toContain('twice');
  // Without a finished round there is nothing else to show.
  const shown = await rig.cli(['diff', '1']);
  expect(shown).toMatchObject({ code: 0, stdout: review.patch });
  expect(shown.stderr).toContain('Round 1 is not finished');
  expect((await rig.cli(['show', '1'])).stdout).toContain('Changed so far\n  2 files changed, +2 -0\n');
  await expect(rig.api.runs.diff.query({ run: id })).rejects.toThrow('no result yet');

  await approve(rig, second);
  const done = await rig.settled(id, ({ status }) => status === 'reviewing');
  expect(done).toMatchObject({ soFar: null, result: { files: 2, additions: 3 } });
  expect((await rig.cli(['diff', '1'])).stdout).toContain('+twice\n');
});
