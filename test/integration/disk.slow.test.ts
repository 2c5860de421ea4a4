import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RunState } from '../../shared/run/state.ts';
import { calls, scripted, type Asked, type Reply, type Script } from '../fakes/openai/index.ts';
import { repositoryWith } from '../harness/repository.ts';
import { longhaul, Rig } from '../harness/rig.ts';
import { fillDisk, freeDisk, onSmallDisk } from '../harness/small-disk.ts';

const bash = (command: string): Reply => calls('bash', { command, timeoutSeconds: 30, network: null });
const finish = ({ entries }: Asked): Reply =>
  calls('finish', {
    summary: 'Written.',
    claims: [{ text: 'It is there', calls: [entries.find(({ by }) => by === 'call')!.call!] }],
  });

const plain = scripted([bash('echo hello > hello.txt'), finish]);
/** For the first run; the one after it has nothing to wait for. */
const first =
  (script: Script): Script =>
  (asked, place) =>
    (asked.entries.some(({ text }) => text.includes('Greet again')) ? plain : script)(asked, place);

const someRepository = () => repositoryWith({ 'readme.txt': 'Greet.\n', '.gitignore': 'begun*\n' });
const isReviewed = ({ status }: RunState) => status === 'reviewing';
const input = { goal: 'Greet', verification: [{ command: 'grep hello hello.txt', network: [], timeoutSeconds: 30 }] };

/** What every command that would write says; one that only reads goes on as ever. */
const expectFull = async (rig: Rig, repository: string): Promise<void> => {
  const cli = async (...args: string[]) => {
    const said = await rig.cli(args, { cwd: repository });
    // A busy runner is waited for, which the command says.
    return { ...said, stderr: said.stderr.replaceAll(/^Waiting for the runner .*\n/gm, '') };
  };
  expect(await cli('delegate', 'Greet again')).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'longhaul: The disk of the runner is full: nothing of this was kept. Make room on that disk.\n  Then try again.\n',
  });
  expect(await cli('message', 'latest', 'hello')).toEqual({
    code: 1,
    stdout: '',
    stderr: `longhaul: There is no room left for the database in ${path.join(rig.home, 'database')}: nothing of this was written. Make room on that disk; the runner goes on by itself.\n  Then try again.\n`,
  });
  expect(await cli('show', 'latest')).toMatchObject({ code: 0, stderr: '' });
  expect(await readdir(path.join(rig.seenHome, 'runs'))).toHaveLength(2);
};

/** What was refused works now, to its end. */
const expectRoom = async (rig: Rig, repository: string): Promise<void> => {
  const { code, stdout } = await rig.cli(['delegate', 'Greet again', '--json', '--verify', 'true'], {
    cwd: repository,
  });
  expect(code).toBe(0);
  // safe: what its help says
  const { run } = JSON.parse(stdout) as { run: { id: string } };
  expect(await rig.settled(run.id, isReviewed)).toMatchObject({ number: 2, result: { files: 1 } });
};

describe('the disk fills', () => {
  test('between two steps: the worker keeps its result and writes it when there is room', async () => {
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
    const { promise: answer, resolve: go } = Promise.withResolvers<void>();
    const script = scripted([
      bash('echo hello > hello.txt'),
      async (request) => {
        ask();
        await answer;
        return finish(request);
      },
    ]);
    // No lease can be renewed on a full disk: it must not run out before the worker has anything to keep.
    const env = { LONGHAUL_LEASE_SECONDS: '300' };
    await using rig = await Rig.start({ script: first(script), inside: onSmallDisk, env });
    const repository = await someRepository();
    const { id } = await rig.delegate({ ...input, repository });
    await asked;
    await fillDisk(rig);
    await expectFull(rig, repository);
    go();
    await rig.logged(/"path":"\/trpc\/worker.append","status":503/);
    await freeDisk(rig);
    const state = await rig.settled(id, isReviewed);
    expect(state).toMatchObject({ verification: [{ exitCode: 0 }], result: { files: 1, additions: 1 } });
    expect((await rig.events(id)).filter(({ body }) => body.type === 'activation.lost')).toEqual([]);
    expect(rig.model.journal).toHaveLength(2);
    await expectRoom(rig, repository);
  });

  test('in the middle of a command: it is run again when there is room', async () => {
    // Each attempt waits to be let go: the second is on a tree of its own, as it was before the first.
    const command = 'touch begun-waiting; while [ -e begun-waiting ]; do sleep 0.02; done; echo hello > hello.txt';
    const script = scripted([bash(command), finish]);
    await using rig = await Rig.start({
      script: first(script),
      inside: onSmallDisk,
      env: { LONGHAUL_WORKERS: '1', LONGHAUL_LEASE_SECONDS: '6' },
    });
    const repository = await someRepository();
    const { id } = await rig.delegate({ ...input, repository });
    await rig.event(id, ({ body }) => body.type === 'call.started');
    const folder = path.join(rig.seenHome, 'runs', id);
    /** Of the attempt that waits to be let go, wherever its tree is. */
    const waiting = async () =>
      (await readdir(folder))
        .map((name) => path.join(folder, name, 'tree', 'begun-waiting'))
        .filter((file) => existsSync(file));
    await expect.poll(waiting).toHaveLength(1);
    const { pid } = rig;
    await fillDisk(rig);
    await expectFull(rig, repository);
    for (const file of await waiting()) await rm(file);
    // The store cannot take that either, until there is room.
    await rig.logged(/a loss could not be written|an activation is lost/);
    await freeDisk(rig);
    await expect
      .poll(async () => {
        for (const file of await waiting()) await rm(file, { force: true });
        return (await rig.api.runs.get.query({ run: id })).status;
      })
      .toBe('reviewing');
    const state = await rig.settled(id, isReviewed);
    expect(state).toMatchObject({ verification: [{ exitCode: 0 }], result: { files: 1, additions: 1 } });
    const types = (await rig.events(id)).map(({ body }) => body.type);
    expect({
      lost: types.filter((type) => type === 'activation.lost').length,
      started: types.filter((type) => type === 'call.started').length,
      finished: types.filter((type) => type === 'call.finished').length,
      asked: rig.model.journal.length,
      pid: rig.pid,
    }).toEqual({ lost: 1, started: 3, finished: 2, asked: 2, pid });
    await expectRoom(rig, repository);
  });

  test('before it starts: it says that it cannot, is never healthy, and starts when there is room', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'longhaul-full-'));
    const home = path.join(folder, 'home');
    const disk = ['bwrap', '--die-with-parent', '--dev-bind', '/', '/', '--size', '4194304', '--tmpfs', folder];
    const rights = process.getuid?.() === 0 ? ['--cap-add', 'ALL'] : [];
    const serve = `"$1" "$2" serve --home "$3" --port 0 2>&1 & pid=$!; wait $pid; echo "exit $?"`;
    // A first start makes what a start makes, a second one has no room for anything.
    const program = `
      chmod 711 "$4"; timeout --signal=TERM 20 "$1" "$2" serve --home "$3" --idle-minutes 0.0001 >/dev/null 2>&1
      head --bytes=100M /dev/zero > "$4/filler" 2>/dev/null
      ${serve}
      rm "$4/filler"
      timeout --signal=TERM 20 "$1" "$2" serve --home "$3" --idle-minutes 0.0001 2>&1`;
    const words = [...disk, ...rights, '--', 'sh', '-c', program, 'sh', process.execPath, longhaul, home, folder];
    const { stdout } = spawnSync(words[0]!, words.slice(1), { encoding: 'utf8' });
    await rm(folder, { recursive: true });
    const [full = '', after = ''] = stdout.split(/^exit \d+\n/m);
    expect(stdout).toContain('exit 1\n');
    expect(full).toContain(
      `longhaul: The disk of the home ${home} is full: a runner cannot start on it.\n  Make room on that disk, then start it again`,
    );
    expect(full).not.toMatch(/"msg":"serving"|goes on by itself/);
    expect(after).toContain('"msg":"serving"');
  });
});
