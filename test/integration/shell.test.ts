import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, onTestFailed, onTestFinished, test } from 'vitest';
import type { RunState } from '../../shared/run/state.ts';
import { calls, scripted, type Asked } from '../fakes/openai/index.ts';
import { repositoryWith } from '../harness/repository.ts';
import { longhaul, Rig } from '../harness/rig.ts';

const bash = (command: string) => calls('bash', { command, timeoutSeconds: null, network: null });
const lastCall = ({ entries }: Asked): string => entries.findLast(({ by }) => by === 'call')?.call ?? '';

let rig: Rig;
let run: RunState;

beforeAll(async () => {
  rig = await Rig.start({
    script: scripted([
      bash(
        'while [ -e slow ]; do sleep 0.2; done; echo made > made.txt; echo cached > ignored.log; echo told > ~/told',
      ),
      (asked) => calls('finish', { summary: 'Made.', claims: [{ text: 'Made', calls: [lastCall(asked)] }] }),
    ]),
  });
  const repository = await repositoryWith({ '.gitignore': '*.log\n' });
  const { id } = await rig.delegate({ goal: 'Make it.', repository, setup: [], verification: [] });
  run = await rig.settled(id, ({ status }) => status === 'reviewing');
});
afterAll(() => rig[Symbol.asyncDispose]());

/** The command line at a terminal, which `script` makes for it. */
const atTerminal = (words: string, env: NodeJS.ProcessEnv = {}) => {
  const child = spawn(
    'script',
    [
      '--quiet',
      '--flush',
      '--return',
      '--command',
      `stty rows 33 cols 99; '${process.execPath}' '${longhaul}' ${words}`,
      '/dev/null',
    ],
    { cwd: rig.folder, env: { ...rig.env, TERM: 'xterm', ...env }, stdio: 'pipe' },
  );
  let shown = '';
  // Vitest waits for whoever has its output, which a terminal that nobody closes would have for good.
  onTestFinished(() => void child.kill('SIGKILL'));
  onTestFailed(() => console.error(`The terminal of ${words} shows:\n${JSON.stringify(shown)}`));
  const watchers = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      shown += chunk.toString();
      for (const look of watchers) look();
    });
  const closed = once(child, 'close');
  return {
    child,
    type: (text: string) => child.stdin.write(text),
    shows: (wanted: RegExp) =>
      Promise.race([
        new Promise<void>((resolve) => {
          const look = (): void => {
            if (wanted.test(shown)) resolve();
          };
          watchers.add(look);
          look();
        }),
        closed.then(() => expect(shown).toMatch(wanted)),
      ]),
    closed: closed.then(([code]) => ({ code, shown })),
  };
};

const copies = () => readdir(path.join(rig.home, 'runs', run.id, 'shells'));
const prompt = /sandbox:\/workspace\$ /;

test('a shell has the tree with its ignored files, a terminal of its own and no network, and leaves nothing behind', async () => {
  const shell = atTerminal('shell 1');
  await shell.shows(prompt);
  shell.type('cat made.txt ignored.log ~/told; tty; stty size; echo "term $TERM"\n');
  await shell.shows(/made\r\ncached\r\ntold\r\n\/dev\/pts\/\d+\r\n33 99\r\nterm xterm\r\n/);
  // Job control, and a key that interrupts what runs and not the shell.
  shell.type('sleep 1000 & jobs; kill %1; wait; echo "over $?"\n');
  await shell.shows(/Running +sleep 1000/);
  await shell.shows(/over \d+\r\n/);
  // A job of its own by the time that it says so, and one process: a shell that is about to start another may keep the key to itself.
  shell.type("sh -c 'echo begun; exec sleep 1000'\n");
  await shell.shows(/\rbegun\r\n/);
  shell.type('\u0003');
  await shell.shows(/\^C/);
  shell.type('echo "interrupted $?"\n');
  await shell.shows(/interrupted 130\r\n[^]*\$ $/);
  shell.type(
    '(exec 3<>/dev/tcp/192.0.2.1/80) 2>&1; env | grep -ci -e key -e token -e longhaul; cat /proc/1/environ | wc -c; ls ..\n',
  );
  await shell.shows(/Network is unreachable[^]*\n0\r\n0\r\n/);
  shell.type('echo changed > made.txt; rm ignored.log; echo "$(cat made.txt) now"; exit 3\n');
  const { code, shown } = await shell.closed;
  expect(shown).toContain('A copy of the tree of run 1');
  expect(shown).toContain('changed now\r\n');
  expect(code).toBe(0);
  expect(await copies()).toEqual([]);
  expect((await rig.cli(['tree', '1', 'made.txt'])).stdout).toBe('made\n');
  expect((await rig.api.runs.get.query({ run: run.id })).seq).toBe(run.seq);
});

test('a window that is closed takes its shell and its copy along', async () => {
  const shell = atTerminal('shell 1');
  await shell.shows(prompt);
  expect(await copies()).toHaveLength(1);
  shell.child.kill('SIGKILL');
  await expect.poll(copies).toEqual([]);
});

test('a shell is refused where nobody sits, elsewhere, of a run at work and of one whose tree is gone, with what to do', async () => {
  expect(await rig.cli(['shell', '1'])).toMatchObject({ code: 2, stderr: expect.stringContaining('needs a terminal') });
  const elsewhere = atTerminal('shell 1', { LONGHAUL_URL: rig.url, LONGHAUL_TOKEN: rig.token });
  expect(await elsewhere.closed).toMatchObject({ code: 1, shown: expect.stringContaining('nowhere else') });
  const busy = await repositoryWith({ slow: '' });
  const { id } = await rig.delegate({ goal: 'Make it.', repository: busy, setup: [], verification: [] });
  await rig.event(id, ({ body }) => body.type === 'call.started');
  const working = await atTerminal('shell 2').closed;
  expect(working).toMatchObject({ code: 1, shown: expect.stringContaining('longhaul pause 2') });
  await rig.api.runs.cancel.mutate({ run: id });
  const inside = await readdir(path.join(rig.home, 'runs', run.id));
  for (const name of inside.filter((each) => each.startsWith('work.')))
    await rm(path.join(rig.home, 'runs', run.id, name), { recursive: true });
  const gone = await atTerminal('shell 1').closed;
  expect(gone).toMatchObject({ code: 1, shown: expect.stringContaining('is not on this machine') });
});
