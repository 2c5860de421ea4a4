import { rename, symlink } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { readTree, readTreeFile } from '../../shared/client/tree.ts';
import { openDecisions, type RunState } from '../../shared/run/state.ts';
import { preparedTree } from '../fakes/prepared-tree.ts';
import { calls, scripted, type Asked } from '../fakes/openai/index.ts';
import { gitIn, repositoryWith } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';

const lastCall = ({ entries }: Asked): string => entries.findLast(({ by }) => by === 'call')?.call ?? '';
const bash = (command: string) => calls('bash', { command, timeoutSeconds: null, network: null });

const made = [
  'mkdir "new dir"',
  'echo made > "new dir/a b.txt"',
  'rm gone.txt',
  'printf "\\0\\377" > image.bin',
  'chmod +x image.bin',
  'truncate -s 5000001 huge.bin',
  'touch "$(printf "latin\\351")" "$(printf "esc\\033[2J")"',
  'echo x > ignored.log',
].join(' && ');

const policy = {
  rules: [],
  otherwise: { reads: 'allow' as const, changes: 'allow' as const, network: 'ask' as const },
};
const isOver = ({ status }: RunState) => status !== 'queued' && status !== 'working';

test('the tree of a run is read as it was saved last, page by page, and nothing else of where it is kept', async () => {
  await using rig = await Rig.start({
    script: scripted([
      bash(made),
      (asked) => calls('finish', { summary: 'Made.', claims: [{ text: 'Made', calls: [lastCall(asked)] }] }),
    ]),
  });
  const repository = await repositoryWith({ '.gitignore': '*.log\n', 'gone.txt': 'gone\n', 'same.txt': 'same\n' });
  await symlink('/etc/passwd', path.join(repository, 'link'));
  gitIn(repository, 'add', 'link');
  gitIn(repository, 'commit', '-q', '-m', 'Link');
  const earlier = gitIn(repository, 'rev-parse', 'HEAD:').trim();
  // What the source's history holds besides comes along into the repository of the checkpoints.
  gitIn(repository, 'commit', '-q', '--allow-empty', '-m', 'Next');
  gitIn(repository, 'rm', '-q', '.gitignore');
  gitIn(repository, 'commit', '-q', '-m', 'Last');
  gitIn(repository, 'checkout', '-q', 'HEAD~1', '--', '.gitignore');
  gitIn(repository, 'commit', '-q', '-m', 'Ignore');
  const secret = gitIn(repository, 'rev-parse', 'HEAD~1:').trim();
  const { id: run } = await rig.delegate({ goal: 'Make it.', repository, setup: [], verification: [], policy });
  const state = await rig.settled(run, isOver);
  expect([state.status, openDecisions(state)]).toEqual(['reviewing', []]);
  const { tree, treeFile } = rig.api.runs;

  const files = ['.gitignore', 'esc\u001b[2J', 'huge.bin', 'image.bin', 'link', 'new dir/a b.txt', 'same.txt'];
  const whole = await readTree(rig.api, { run });
  expect(whole).toEqual({ tree: preparedTree(state).head.tree, files, whole: true });
  const paged: string[] = [];
  for (let after: string | null = null; ;) {
    const page: Awaited<ReturnType<typeof tree.query>> = await tree.query({ run, tree: whole.tree, after, limit: 3 });
    paged.push(...page.files);
    after = page.next;
    if (after === null) break;
  }
  expect(paged).toEqual(files);

  const read = async (file: string, of = whole.tree) => {
    const { content, mode } = await readTreeFile(rig.api, { run, tree: of, path: file });
    return [mode, Buffer.from(content, 'base64').toString('latin1')];
  };
  expect(await read('new dir/a b.txt')).toEqual(['100644', 'made\n']);
  expect(await read('image.bin')).toEqual(['100755', '\0\u00ff']);
  // What it leads to is not read.
  expect(await read('link')).toEqual(['120000', '/etc/passwd']);
  for (const file of [
    'gone.txt',
    'new dir',
    'new dir/',
    '/etc/passwd',
    '../same.txt',
    ':/same.txt',
    ':(top)',
    '*',
    '.',
  ])
    await expect(read(file)).rejects.toThrow('has no such file');
  await expect(read('a\0b')).rejects.toThrow('a path has no NUL');
  await expect(read('huge.bin')).rejects.toThrow('5000001 bytes');

  // A tree before the last can be read, and one that the run never had cannot.
  expect(preparedTree(state).base.tree).toBe(earlier);
  expect(await read('gone.txt', earlier)).toEqual(['100644', 'gone\n']);
  for (const other of [secret, 'f'.repeat(40)]) {
    await expect(treeFile.query({ run, tree: other, path: 'same.txt' })).rejects.toThrow(/has no tree [0-9a-f]{12}/);
    await expect(tree.query({ run, tree: other })).rejects.toThrow(/has no tree [0-9a-f]{12}/);
  }

  expect(await rig.cli(['tree', '1'])).toMatchObject({
    code: 0,
    stdout: `.gitignore\n"esc\\u001b[2J"\nhuge.bin\nimage.bin\nlink\nnew dir/a b.txt\nsame.txt\n`,
    stderr: '',
  });
  expect((await rig.cli(['tree', '1', './new dir/'])).stdout).toBe('new dir/a b.txt\n');
  expect((await rig.cli(['tree', '1', 'new dir/a b.txt'])).stdout).toBe('made\n');
  const missing = await rig.cli(['tree', '1', 'gone.txt', '--json']);
  expect(missing).toMatchObject({ code: 1, stdout: expect.stringContaining('"code":"not_found"') });

  // As on a machine that another worker's checkpoints are not on.
  const kept = path.join(rig.home, 'runs', run, 'checkpoints.git');
  await rename(kept, `${kept}.away`);
  await expect(tree.query({ run })).rejects.toThrow("is not on the runner's machine");
  await expect(read('same.txt')).rejects.toThrow("is not on the runner's machine");
  await rename(`${kept}.away`, kept);
});

test('the tree of a run that is over is not kept, which is said', async () => {
  await using rig = await Rig.start({
    script: scripted([bash('echo more > more.txt'), calls('finish', { summary: 'Made.', claims: [] })]),
  });
  const repository = await repositoryWith({ 'a.txt': 'a\n' });
  const { id: run } = await rig.delegate({ goal: 'Make it.', repository, setup: [], verification: [], policy });
  await rig.settled(run, ({ status }) => status === 'reviewing');
  await rig.api.runs.review.mutate({ run, round: 1, verdict: 'accepted' });
  await rig.settled(run, ({ status }) => status === 'accepted');
  const kept = path.join(rig.home, 'runs', run, 'checkpoints.git');
  await rename(kept, `${kept}.away`).catch(() => {});
  await expect(rig.api.runs.tree.query({ run })).rejects.toThrow('is not kept any more: it is accepted');
});
