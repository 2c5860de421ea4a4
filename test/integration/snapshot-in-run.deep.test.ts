import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunEvent } from '../../shared/run/events.ts';
import { calls, scripted, together, type Asked } from '../fakes/openai/index.ts';
import { dirtyRepository, gitData, gitView, manifestOf, manifestScript, sortedLines } from '../harness/dirty-tree.ts';
import { gitIn } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';

const bash = (command: string) => calls('bash', { command, timeoutSeconds: 60, network: null });
const script = scripted([
  together(bash(manifestScript), bash('git status --porcelain=v2; git stash list; git log --oneline')),
  together(bash('echo changed >> area2/folder2/file2.txt; rm new/untracked.txt; ln -sfn plain.sh link'), bash('true')),
  ({ entries }: Asked) =>
    calls('finish', {
      summary: 'Seen.',
      claims: [{ text: 'All of it', calls: [entries.find(({ by }) => by === 'call')!.call!] }],
    }),
]);

/** Whether the same files are there with the same bytes; says which are not. */
const differences = (before: Record<string, string>, after: Record<string, string>): string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => before[name] !== after[name])
    .toSorted();

describe('a repository of 5,000 files with a dirty tree of every kind', () => {
  const files = 5_000;
  let rig: Rig;
  let repository: string;
  let before: { readonly data: Record<string, string>; readonly view: Record<string, string>; readonly tree: string[] };
  let run: string;
  const look = () => ({ data: gitData(repository), view: gitView(repository), tree: manifestOf(repository) });
  /** The whole output of a call, which the event has only the ends of where it is long. */
  const outputOf = async ({ body }: RunEvent): Promise<string> => {
    if (body.type !== 'call.finished') throw new Error('no call');
    if (body.outputBlob === null) return body.output.replace(/^exit code 0\n/, '');
    const headers = { authorization: `Bearer ${rig.token}` };
    return (await fetch(`${rig.url}/blobs/${body.outputBlob}?run=${run}`, { headers })).text();
  };

  beforeAll(async () => {
    rig = await Rig.start({ script });
    repository = await dirtyRepository(files);
    before = look();
  });
  afterAll(() => rig[Symbol.asyncDispose]());

  test('is delegated from the command line', async () => {
    const { code, stdout, stderr } = await rig.cli(['delegate', 'Look at it', '--verify', 'true', '--json'], {
      cwd: repository,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    ({ id: run } = (JSON.parse(stdout) as { run: { id: string } }).run); // safe: what its help says
    expect(await rig.settled(run, ({ status }) => status === 'reviewing')).toMatchObject({ result: { files: 3 } });
  });

  test('is seen by the agent exactly as it is, less what is ignored', async () => {
    const finished = (await rig.events(run)).filter(({ body }) => body.type === 'call.finished');
    const seen = sortedLines(await outputOf(finished[0]!));
    expect(seen).toEqual(before.tree);
    expect(seen.length).toBeGreaterThan(files - 10);
    // A repository of its own, with one commit and nothing to commit.
    expect(await outputOf(finished[1]!)).toMatch(/^[0-9a-f]+ \S.*\n?$/);
  });

  test('is byte for byte what it was', () => {
    const after = look();
    expect(after.view).toEqual(before.view);
    expect(differences(before.data, after.data)).toEqual([]);
    expect(after.tree).toEqual(before.tree);
  });

  test('is what it was after the result was accepted', async () => {
    expect(await rig.cli(['accept', 'latest'], { cwd: repository })).toMatchObject({ code: 0 });
    const after = look();
    expect(after.view).toEqual(before.view);
    expect(differences(before.data, after.data)).toEqual([]);
  });

  test('has one more branch after it was applied as one, and nothing else', async () => {
    expect(await rig.cli(['apply', 'latest', '--branch', 'result'], { cwd: repository })).toMatchObject({ code: 0 });
    const after = look();
    const branch = gitIn(repository, 'rev-parse', 'result').trim();
    expect({ ...after.view, refs: after.view['refs']!.replace(`${branch} commit\trefs/heads/result\n`, '') }).toEqual(
      before.view,
    );
    const changed = differences(before.data, after.data).filter((name) => !name.startsWith('objects/'));
    expect(changed).toEqual(['logs/refs/heads/result', 'refs/heads/result']);
    expect(Object.keys(before.data).filter((name) => after.data[name] !== before.data[name])).toEqual([]);
    expect(after.tree).toEqual(before.tree);
    expect(gitIn(repository, 'show', 'result:area2/folder2/file2.txt')).toMatch(/modified\nchanged\n$/);
  });
});
