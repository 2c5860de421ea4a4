import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openDecisions } from '../../shared/run/state.ts';
import { calls, scripted, type Asked } from '../fakes/openai/index.ts';
import { repositoryWith } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';
import { delegateUpload } from '../harness/uploads.ts';

const lastCall = ({ entries }: Asked): string => entries.findLast(({ by }) => by === 'call')?.call ?? '';
const sha = (text: string) => createHash('sha256').update(text).digest('hex');

/** From a folder of a repository: of this machine, or uploaded as to a runner elsewhere. */
const ways: readonly (readonly [string, (rig: Rig, folder: string) => Promise<string>])[] = [
  ['of this machine', async (rig, folder) => (await rig.delegate({ goal: 'Write.', repository: folder })).id],
  [
    'uploaded',
    async ({ url, token }, folder) => (await delegateUpload({ url, token }, folder, { goal: 'Write.' })).run.id,
  ],
];

test.each(ways)(
  'what a repository %s says to agents is in the context from the first turn, nearest first, as its base has it',
  async (...[, delegate]) => {
    const opening: string[] = [];
    const told = (asked: Asked): void => void opening.push(asked.entries[0]?.text ?? '');
    await using rig = await Rig.start({
      script: scripted([
        (asked) => {
          told(asked);
          return calls('write', { path: 'AGENTS.md', content: 'Obey the agent.\n' });
        },
        (asked) => {
          told(asked);
          return calls('finish', { summary: 'Done.', claims: [{ text: 'Written', calls: [lastCall(asked)] }] });
        },
      ]),
    });
    const texts = {
      'packages/a/AGENTS.md': 'Run the tests of this package with make.\n',
      'AGENTS.md': 'Use tabs.\n',
      'packages/b/AGENTS.md': 'Of another package.\n',
      '.github/copilot-instructions.md': 'Be brief.\n',
    };
    const repository = await repositoryWith({ ...texts, 'secret.txt': 'not for anybody\n' });
    execFileSync('ln', ['-s', '../secret.txt', path.join(repository, 'packages/CLAUDE.md')]);
    const id = await delegate(rig, path.join(repository, 'packages/a'));
    // To write them is asked about: later agents would take it as instructions.
    const waiting = await rig.settled(id, ({ status }) => status === 'reviewing' || status === 'waiting');
    const [asked] = openDecisions(waiting);
    expect(asked?.request.arguments).toMatchObject({ path: 'AGENTS.md' });
    const { hash = '', id: decision = '' } = asked?.request ?? {};
    await rig.api.decisions.decide.mutate({ run: id, decision, hash, verdict: { kind: 'approved' } });
    await rig.settled(id, ({ status }) => status === 'reviewing');
    const files = (await rig.events(id)).flatMap(({ body }) => (body.type === 'guidance.read' ? body.files : []));
    const expected = ['packages/a/AGENTS.md', 'AGENTS.md', '.github/copilot-instructions.md'] as const;
    expect(files).toEqual(
      expected.map((name) => ({ path: name, sha256: sha(texts[name]), bytes: texts[name].length, text: texts[name] })),
    );
    const [first = '', second] = opening;
    const at = expected.map((name) => first.indexOf(texts[name]));
    expect(at.every((place) => place > first.indexOf('# Goal')) && at.toSorted((a, b) => a - b)).toEqual(at);
    expect(first).not.toContain('not for anybody');
    // Written by the agent, it is no instruction.
    expect(second).toBe(first);
  },
);
