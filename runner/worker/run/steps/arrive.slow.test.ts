import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { EventBody, RunEvent, WorkerEvent } from '../../../../shared/run/events.ts';
import { reduce } from '../../../../shared/run/reduce.ts';
import type { BundleSource } from '../../../../shared/run/source.ts';
import type { RunState } from '../../../../shared/run/state.ts';
import { someTask } from '../../../../test/fakes/task.ts';
import { writeBundle } from '../../../machine/git/bundle.ts';
import { createFixture, listing } from '../../../machine/git/fixture.ts';
import type { StepContext } from '../ports/ports.ts';
import { copiesIn } from '../../start/copies.ts';
import { homeBeside, homes } from '../../start/homes.ts';
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import { openWorkspace } from '../../workspace/git-workspace.ts';
import { SourceRefused } from '../../workspace/workspace.ts';
import { arrive } from './arrive.ts';
import { giveUp } from './command.ts';
import { keep, keepSetup } from './keep.ts';
import { preparedTree } from '../../../../test/fakes/prepared-tree.ts';

const run = promisify(execFile);

/** Runs commands without confining them: what they are is the test's own. */
const bareSandbox = (root: string): Sandbox => ({
  run: async ({ argv: [program, ...args] }) => {
    const env = { ...process.env, HOME: await homeBeside(root, null) };
    const exitCode = await run(program, args, { cwd: root, env }).then(
      () => 0,
      (error: { code: number }) => error.code,
    );
    return {
      outcome: 'exited',
      exitCode,
      output: '',
      outputBytes: 0,
      truncated: false,
      durationMs: 1,
      refusedHosts: [],
      reachedHosts: [],
    };
  },
  [Symbol.asyncDispose]: async () => {},
});

const someSetup = {
  type: 'setup.finished',
  v: 2,
  output: '',
  outputBlob: null,
  durationMs: 1,
  refusedHosts: [] as string[],
  reachedHosts: [] as string[],
} as const;

/** A run on a snapshot that was uploaded, the store of its blobs, and as many machines as a test wants. */
const world = async (setup: readonly string[] = []) => {
  const fixture = await createFixture();
  fixture.write('.gitignore', 'modules/\n');
  fixture.write('notes.txt', 'one\n');
  const commit = await fixture.commit('First');
  const stored = new Map<string, Buffer>();
  const fetched: string[] = [];
  const put = (content: Buffer): string => {
    const hash = createHash('sha256').update(content).digest('hex');
    stored.set(hash, content);
    return hash;
  };
  const file = path.join(fixture.folder, 'source.bundle');
  await writeBundle({ gitDirectory: path.join(fixture.repo, '.git') }, { commit, since: [], whole: true }, file);
  const source: BundleSource = {
    kind: 'bundle',
    blob: put(readFileSync(file)),
    needs: null,
    exclude: '',
    commit,
    head: commit,
    branch: 'main',
    dirty: false,
  };
  const task = someTask({
    source,
    setup: setup.map((command) => ({ command, network: [], timeoutSeconds: 10 })),
  });
  let state: RunState | undefined;
  const events: RunEvent[] = [];
  const append = (...bodies: readonly EventBody[]): void => {
    for (const body of bodies) {
      const seq = (state?.seq ?? 0) + 1;
      const at = '2026-01-01T00:00:00.000Z';
      events.push({ run: 'run_test', seq, position: seq, at, activation: null, body });
      state = reduce(state, events.at(-1)!);
    }
  };
  append({ type: 'run.created', v: 5, number: 1, task });
  const now = (): RunState => state!;

  const machine = async (name: string, options: { readonly keep?: 'local' } = {}) => {
    const folder = path.join(fixture.folder, name);
    const get = async (hash: string, to: string): Promise<void> => {
      const content = stored.get(hash);
      if (content === undefined) throw new SourceRefused(`there is no blob ${hash}`, '');
      fetched.push(hash);
      writeFileSync(to, content);
    };
    const open = () =>
      openWorkspace({
        folder,
        lease: now()?.fence ?? 0,
        user: null,
        origin: { blob: get, credential: async () => null },
      });
    let workspace = await open();
    let visited: number | null = null;
    const context = (): StepContext =>
      ({
        state: now(),
        events,
        signal: new AbortController().signal,
        sandbox: async () => bareSandbox(workspace.root),
        ports: {
          keep: options.keep ?? 'uploaded',
          workspace,
          visits: {
            last: async () => visited,
            record: async (fence: number) => {
              visited = fence;
            },
          },
          blobs: {
            put: async (content: Buffer) => put(content),
            putFile: async (sent: string) => put(readFileSync(sent)),
            get,
          },
          owner: null,
          sandboxes: {
            ...homes,
            open: async (tree: string) => bareSandbox(tree),
            copy: copiesIn(path.join(folder, 'copies'), null),
          },
          clock: { now: Date.now, sleep: async () => {} },
          redact: (text: string) => text,
        },
      }) as unknown as StepContext; // safe: these steps touch nothing else
    return {
      folder,
      get root() {
        return workspace.root;
      },
      tree: () => listing(workspace.root, (name) => name === '.git'),
      write: (name: string, content: string) => {
        mkdirSync(path.dirname(path.join(workspace.root, name)), { recursive: true });
        writeFileSync(path.join(workspace.root, name), content);
      },
      /** A worker takes the next lease here. */
      take: async (): Promise<readonly WorkerEvent[]> => {
        const fence = (now()?.fence ?? 0) + 1;
        append(
          { type: 'activation.queued', v: 2, activation: `act_000${fence}`, reason: 'lost' },
          { type: 'activation.leased', v: 1, activation: `act_000${fence}`, fence, worker: name },
        );
        workspace = await open();
        const events = await arrive(context());
        append(...events);
        if (now().tree.status === 'unprepared')
          append({ type: 'prepare.finished', v: 1, base: await workspace.prepare(source) });
        return events;
      },
      /** The worker here ends its activation by itself. */
      end: () => append({ type: 'activation.ended', v: 2, until: { kind: 'time', at: '2026-01-02T00:00:00.000Z' } }),
      setUp: async () => {
        for (const [index, command] of setup.entries()) {
          const { exitCode } = await bareSandbox(workspace.root).run(
            { argv: ['/bin/bash', '-c', command], timeoutMs: 10_000, network: [], maxOutputBytes: 10 },
            { signal: new AbortController().signal },
          );
          append(...(await keepSetup(context(), preparedTree(now()))), {
            ...someSetup,
            index,
            command,
            outcome: 'exited',
            exitCode,
          });
        }
      },
      /** A call changed the tree. */
      finish: async (call: string) => {
        const { checkpoint, uploaded } = await keep(context(), preparedTree(now()), call);
        append(...uploaded, {
          type: 'call.finished',
          v: 2,
          call,
          outcome: 'ok',
          output: '',
          outputBlob: null,
          exitCode: 0,
          durationMs: 1,
          fingerprint: call,
          checkpoint,
          refusedHosts: [],
          reachedHosts: [],
        });
      },
    };
  };
  return { machine, now, append, stored, fetched, [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose]() };
};

describe('an activation on another machine', () => {
  test('finds the tree that the one before it left, with what the setup had made and git ignores', async () => {
    await using at = await world(['mkdir -p modules && echo installed > modules/x && echo generated > made.txt']);
    const [first, second] = [await at.machine('first'), await at.machine('second')];
    expect(await first.take()).toEqual([]);
    await first.setUp();
    // Before anything else was done: the setup is all there is.
    expect(await second.take()).toMatchObject([
      { type: 'workspace.rebuilt', checkpoint: preparedTree(at.now()).base, failedSetup: [] },
      { type: 'checkpoint.saved', left: [] },
    ]);
    expect(second.tree()).toEqual(first.tree());
    second.write('notes.txt', 'two\n');
    second.write('deep/er/new.txt', 'new\n');
    rmSync(path.join(second.root, 'made.txt'));
    await second.finish('a');

    const third = await at.machine('third');
    expect(await third.take()).toMatchObject([{ type: 'workspace.rebuilt', checkpoint: preparedTree(at.now()).head }]);
    expect(third.tree()).toEqual(second.tree());
    expect(Object.keys(third.tree())).toEqual(['.gitignore', 'deep/er/new.txt', 'modules/x', 'notes.txt']);
  });

  test('that the run was on before finds nothing left of what was lost there', async () => {
    await using at = await world();
    const [first, second] = [await at.machine('first'), await at.machine('second')];
    await first.take();
    first.write('notes.txt', 'two\n');
    await first.finish('a');
    // A call that was lost with its worker, and then did nothing when it was run again elsewhere.
    first.write('notes.txt', 'half\n');
    first.write('left.txt', 'left\n');
    await second.take();
    await second.finish('b');
    expect(preparedTree(at.now()).bundles).toHaveLength(1);
    expect(await first.take()).toMatchObject([{ type: 'workspace.rebuilt' }]);
    expect(first.tree()).toEqual(second.tree());

    second.write('more.txt', 'of a worker that held the run no longer\n');
    first.write('again.txt', 'again\n');
    await first.finish('c');
    expect(await second.take()).toMatchObject([{ type: 'workspace.rebuilt' }]);
    expect(second.tree()).toEqual(first.tree());
  });

  test('goes on where it was, on the same machine, and touches nothing, where the one before it ended on record', async () => {
    await using at = await world();
    const only = await at.machine('only');
    await only.take();
    only.write('half.txt', 'nobody has saved this yet\n');
    const before = only.root;
    only.end();
    const fetched = at.fetched.length;
    expect(await only.take()).toEqual([]);
    expect(only.root).toBe(before);
    expect(Object.keys(only.tree())).toContain('half.txt');
    expect(at.fetched).toHaveLength(fetched);
  });

  test.each(['local', 'uploaded'] as const)(
    'has a tree of its own where the one before it was lost, and what that one still writes does not get there (%s)',
    async (kept) => {
      await using at = await world(['mkdir -p modules && echo installed > modules/x']);
      const only = await at.machine('only', kept === 'local' ? { keep: kept } : {});
      await only.take();
      await only.setUp();
      const early = only.tree();
      only.write('modules/x', 'in the middle of a call\n');
      // Lost before any call: what the setup left is there all the same.
      expect(await only.take()).toEqual([]);
      expect(only.tree()).toEqual(early);
      only.write('modules/x', 'appended once\n');
      only.write('notes.txt', 'two\n');
      await only.finish('a');
      const whole = only.tree();
      const before = openSync(path.join(only.root, 'modules/x'), 'a');
      only.write('modules/half', 'in the middle of a call\n');
      const fetched = at.fetched.length;
      expect(await only.take()).toEqual([]);
      writeSync(before, 'by what is left of the other one\n');
      closeSync(before);
      expect(only.tree()).toEqual(whole);
      expect(at.fetched).toHaveLength(fetched);
      // And once more, from what that lease has taken over.
      expect(await only.take()).toEqual([]);
      expect(only.tree()).toEqual(whole);
      expect(readdirSync(only.folder).filter((name) => name.startsWith('work.'))).toEqual([`work.${at.now().fence}`]);
    },
  );

  test('makes the tree of a machine anew that has lost it, and says what is missing where it cannot', async () => {
    await using at = await world(['mkdir -p modules && echo installed > modules/x']);
    const only = await at.machine('only', { keep: 'local' });
    await only.take();
    await only.setUp();
    const early = only.tree();
    only.end();
    rmSync(path.join(only.folder, `work.${at.now().fence}`), { recursive: true });
    // The places are gone, with all that git does not cover: the source and the setup give it again.
    expect(await only.take()).toMatchObject([{ type: 'workspace.rebuilt', failedSetup: [] }]);
    expect(only.tree()).toEqual(early);
    only.end();
    rmSync(only.folder, { recursive: true });
    expect(await only.take()).toMatchObject([
      { type: 'workspace.rebuilt', failedSetup: [] },
      { type: 'checkpoint.saved', left: [] },
    ]);
    expect(only.tree()).toEqual(early);
    only.write('notes.txt', 'two\n');
    await only.finish('a');
    const whole = only.tree();
    only.end();
    rmSync(only.root, { recursive: true });
    await only.take();
    expect(only.tree()).toEqual(whole);
    only.end();
    rmSync(only.folder, { recursive: true });
    await expect(only.take()).rejects.toThrow(
      `Checkpoint ${preparedTree(at.now()).head.commit} of run run_test is not on this machine`,
    );
    await expect(only.take()).rejects.toBeInstanceOf(SourceRefused);
  });

  test('runs setup, which may have network, on the files of the base and never on those of the agent', async () => {
    await using at = await world(['mkdir -p modules && cat notes.txt > modules/seen && ls > modules/names']);
    const only = await at.machine('only', { keep: 'local' });
    await only.take();
    await only.setUp();
    only.write('notes.txt', 'two\n');
    only.write('hook.js', 'send it\n');
    await only.finish('a');
    const whole = only.tree();
    only.end();
    rmSync(path.join(only.folder, `work.${at.now().fence}`), { recursive: true });
    expect(await only.take()).toMatchObject([{ type: 'workspace.rebuilt', failedSetup: [] }]);
    expect(only.tree()).toEqual(whole);
    expect(readFileSync(path.join(only.root, 'modules/seen'), 'utf8')).toBe('one\n');
    expect(readFileSync(path.join(only.root, 'modules/names'), 'utf8')).not.toContain('hook.js');
    expect(readFileSync(path.join(only.root, 'notes.txt'), 'utf8')).toBe('two\n');
  });

  test('gives a run that was lost the home that setup leaves, made on the files of the base, and nothing that the agent put there', async () => {
    await using at = await world([
      'echo cached > ~/cache; cat notes.txt > ~/notes; mkdir -p modules && date > modules/x',
    ]);
    const only = await at.machine('only', { keep: 'local' });
    await only.take();
    await only.setUp();
    const home = () => path.join(path.dirname(only.root), 'home');
    only.write('notes.txt', 'two, by the agent\n');
    only.write('modules/x', 'as the agent left it\n');
    await only.finish('a');
    writeFileSync(path.join(home(), '.npmrc'), 'script-shell=/workspace/mine\n');
    // Its worker is killed, and what is left of a command goes on where it was.
    const lost = home();
    expect(await only.take()).toEqual([]);
    expect(home()).not.toBe(lost);
    expect(readdirSync(home()).sort()).toEqual(['cache', 'notes']);
    expect(readFileSync(path.join(home(), 'notes'), 'utf8')).toBe('one\n');
    expect(readFileSync(path.join(only.root, 'modules/x'), 'utf8')).toBe('as the agent left it\n');
    expect(readdirSync(path.join(only.folder, 'copies'))).toEqual([]);
    // One that ended well keeps all of its home.
    writeFileSync(path.join(home(), 'of the agent'), '');
    only.end();
    await only.take();
    expect(readdirSync(home()).sort()).toEqual(['cache', 'notes', 'of the agent']);
  });

  test('says which setup commands fail there that had not before', async () => {
    await using at = await world(['false', 'test "$(basename "${PWD%/*/*}")" = first', 'true']);
    const [first, second] = [await at.machine('first'), await at.machine('second')];
    await first.take();
    await first.setUp();
    expect(at.now().setup.map(({ exitCode }) => exitCode)).toEqual([1, 0, 0]);
    expect(await second.take()).toMatchObject([{ failedSetup: [1] }]);
  });

  test('runs no setup command there that was given up for having ended its workers', async () => {
    await using at = await world(['true', 'echo deadly > deadly.txt']);
    const [first, second] = [await at.machine('first'), await at.machine('second')];
    await first.take();
    at.append({ ...someSetup, index: 0, command: 'true', outcome: 'exited', exitCode: 0 });
    at.append(...giveUp({ state: at.now() }, { step: 'setup', index: 1, losses: 2 }));
    await second.take();
    expect(second.tree()).toEqual(first.tree());
  });

  test('fetches few bundles, however many there were', async () => {
    await using at = await world();
    const first = await at.machine('first');
    await first.take();
    for (let call = 0; call < 53; call += 1) {
      first.write('notes.txt', `${call}\n`);
      await first.finish(`c${call}`);
    }
    expect(preparedTree(at.now()).bundles).toHaveLength(3);
    expect(preparedTree(at.now()).bundles[0]?.since).toEqual(preparedTree(at.now()).base);
    const second = await at.machine('second');
    at.fetched.length = 0;
    await second.take();
    expect(at.fetched).toHaveLength(4);
    expect(second.tree()).toEqual(first.tree());
  });

  test('refuses a checkpoint that is damaged, another one, or gone', async () => {
    await using at = await world();
    const first = await at.machine('first');
    await first.take();
    first.write('notes.txt', 'two\n');
    await first.finish('a');
    const blob = preparedTree(at.now()).bundles[0]!.blob;
    const good = at.stored.get(blob)!;
    for (const [content, message] of [
      [good.subarray(0, -30), 'is damaged. Its pack cannot be used'],
      [Buffer.from('x'), 'is damaged. It is no git bundle of a snapshot'],
      [null, 'there is no blob'],
    ] as const) {
      if (content === null) at.stored.delete(blob);
      else at.stored.set(blob, Buffer.from(content));
      const other = await at.machine(`other ${message.length}`);
      await expect(other.take()).rejects.toThrow(message);
    }
  });
});
