import { expect, test } from 'vitest';
import { calls, type Asked } from '../fakes/openai/index.ts';
import { repositoryWith } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';

const madeIn = ({ entries }: Asked): readonly string[] =>
  entries.flatMap(({ by, call }) => (by === 'call' && call !== null ? [call] : []));

test('whoever accepts or applies a result is told that its checks failed, and that it was rejected; twice applied, it is taken back', async () => {
  await using rig = await Rig.start({
    script: (asked) => {
      const [first] = madeIn(asked);
      return first === undefined
        ? calls('bash', { command: 'echo made > made.txt', timeoutSeconds: null, network: null })
        : calls('finish', { summary: 'Done.', claims: [{ text: 'Made', calls: [first] }] });
    },
  });
  const repository = await repositoryWith({ 'a.txt': 'a\n' });
  const cli = (...args: readonly string[]) => rig.cli([...args], { cwd: repository });
  const verification = [{ command: 'false', network: [], timeoutSeconds: 60 }];
  const reviewed = async (): Promise<string> => {
    const { id, number } = await rig.delegate({ goal: 'Make it.', repository, verification });
    await rig.settled(id, ({ status }) => status === 'reviewing');
    return String(number);
  };
  const run = await reviewed();
  const checks = `1 of 1 check failed: longhaul show ${run}\n`;
  expect((await cli('apply', run, '--dry-run')).stdout).toMatch(new RegExp(`${checks}$`));
  const { stdout } = await cli('apply', run, '--dry-run', '--json');
  expect(Object.keys(JSON.parse(stdout) as object)).toEqual(['how', 'target', 'dryRun', 'files', 'cautions']); // safe: only its keys
  await cli('discard', run, '--reason', 'No');
  const applied = await cli('apply', run);
  expect(applied.stdout).toContain('1 file went into');
  expect(applied.stdout).toMatch(new RegExp(`Run ${run} was rejected: longhaul show ${run}\n${checks}$`));

  const again = await cli('apply', run);
  expect(again.stdout).toContain('Nothing was changed. Everything is in');
  expect(again.stdout).not.toContain('--undo');
  const undone = await cli('apply', run, '--undo');
  expect(undone.stdout).toContain('1 file is as before in');
  expect(undone.stdout).not.toContain('check failed');

  const other = await reviewed();
  const accepted = await cli('accept', other);
  expect(accepted.stdout).toBe(
    `1 of 1 check failed: longhaul show ${other}\nRun ${other} is accepted. Put it into your working tree with: longhaul apply ${other}\n`,
  );
});
