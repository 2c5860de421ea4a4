import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Checkpoint } from '../../shared/run/artifacts.ts';
import type { ModelItem } from '../../shared/run/model-item.ts';
import { MemoryLog } from '../../test/fakes/memory-log.ts';
import { someTask } from '../../test/fakes/task.ts';
import { normalised } from '../../test/harness/normalise.ts';
import { work, type Ended } from './loop.ts';
import type { ModelOutcome } from './models/model.ts';
import type { Log, Ports } from './ports.ts';
import type { Sandbox } from './sandbox/sandbox.ts';

const run = promisify(execFile);
const usage = { input: 100, cached: 0, cacheWrite: 0, output: 10, reasoning: 0 };

type Wish = readonly [tool: string, args: unknown];

/** A model that answers by how far the conversation is, as its context says: asked again, it says the same. */
const conversation = (turns: readonly (readonly Wish[])[]) => {
  const asked: string[] = [];
  const respond = async ({ items }: { readonly items: readonly ModelItem[] }): Promise<ModelOutcome> => {
    const turn = new Set(items.flatMap((item) => (item.type === 'call' ? [item.call.split('_')[1]] : []))).size;
    asked.push(JSON.stringify(items));
    const wishes = turns[turn] ?? [];
    const said = wishes.map(([name, args], index): ModelItem => ({
      type: 'call',
      call: `call_${turn}_${index}`,
      name,
      arguments: typeof args === 'string' ? args : JSON.stringify(args),
    }));
    return {
      kind: 'completed',
      items: said.length > 0 ? said : [{ type: 'message', role: 'assistant', text: 'Well.' }],
      usage,
      responseId: null,
      oddities: [],
    };
  };
  return { asked, model: { name: 'scripted', contextWindow: null, respond } };
};

const bash = (command: string): Wish => ['bash', { command, timeoutSeconds: null, network: null }];
const finish = (...calls: string[]): Wish => ['finish', { summary: 'Done.', claims: [{ text: 'It ran', calls }] }];

/** A tree in a folder, saved whole as the text of its files. */
const folderWorkspace = (root: string) => {
  const saved = new Map<string, Record<string, string>>();
  const read = async () =>
    Object.fromEntries(
      await Promise.all(
        (await readdir(root))
          .sort()
          .map(async (name) => [name, await readFile(path.join(root, name), 'utf8')] as const),
      ),
    );
  const save = async (): Promise<Checkpoint> => {
    const files = await read();
    const id = createHash('sha1').update(JSON.stringify(files)).digest('hex');
    saved.set(id, files);
    return { commit: id, tree: id };
  };
  const fill = async (files: Record<string, string>) => {
    for (const name of await readdir(root)) await rm(path.join(root, name));
    for (const [name, text] of Object.entries(files)) await writeFile(path.join(root, name), text);
  };
  return {
    root,
    read,
    prepare: async () => {
      await fill({ 'a.txt': 'one\n' });
      return save();
    },
    checkpoint: save,
    overlay: async () => {},
    restore: async ({ commit }: Checkpoint) => {
      await fill(saved.get(commit) ?? {});
      return true;
    },
    has: async ({ commit }: Checkpoint) => saved.has(commit),
    bundle: () => Promise.reject(new Error('nothing is uploaded')),
    take: () => Promise.reject(new Error('nothing is kept')),
    checkout: async ({ commit }: Checkpoint, folder: string) => {
      for (const [name, text] of Object.entries(saved.get(commit) ?? {}))
        await writeFile(path.join(folder, name), text);
    },
    changes: async (from: Checkpoint, to: Checkpoint) => ({
      files:
        from.tree === to.tree
          ? []
          : [{ status: 'modified' as const, before: null, after: null, binary: false, additions: 1, deletions: 0 }],
      patch: Buffer.from(JSON.stringify([saved.get(from.commit), saved.get(to.commit)])),
    }),
  };
};

/** bash without a sandbox: the commands of these tests are our own. */
const bareSandbox = (root: string): Sandbox => ({
  run: async ({ argv }) => {
    const [program, ...args] = argv;
    const done = await run(program, args, { cwd: root }).then(
      ({ stdout }) => ({ exitCode: 0, output: stdout }),
      (error: { code: number; stdout: string }) => ({ exitCode: error.code, output: error.stdout }),
    );
    return {
      outcome: 'exited',
      ...done,
      outputBytes: done.output.length,
      truncated: false,
      durationMs: 1,
      refusedHosts: [],
      reachedHosts: [],
    };
  },
  [Symbol.asyncDispose]: async () => {},
});

const rig = async (turns: readonly (readonly Wish[])[], different: Parameters<typeof someTask>[0] = {}) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'longhaul-loop-'));
  const log = new MemoryLog(someTask(different));
  const workspace = folderWorkspace(folder);
  const { asked, model } = conversation(turns);
  let decisions = 0;
  const ports: Ports = {
    blobs: {
      put: async (content) => createHash('sha256').update(content).digest('hex'),
      putFile: () => Promise.reject(new Error('nothing is uploaded')),
      get: () => Promise.reject(new Error('nothing is kept')),
    },
    keep: 'local',
    visits: { last: async () => null, record: async () => {} },
    model,
    price: () => 0.01,
    workspace,
    sandboxes: { open: async (tree) => bareSandbox(tree), folder: `${folder}-copies` },
    owner: null,
    ripgrep: '/nowhere/rg',
    redact: (text) => text.replaceAll('hunter2secret', '[redacted]'),
    clock: { now: Date.now, sleep: async () => {} },
    random: () => 0,
    newDecisionId: () => `dec_test${(decisions += 1)}`,
  };
  const activate = (through: (log: Log) => Log = (plain) => plain): Promise<Ended> => {
    const { activation } = log;
    if (activation === null) throw new Error(`nothing is queued: the run is ${log.state.status}`);
    return work(
      { run: log.run, activation },
      {
        log: through(log.forWorker(activation)),
        open: async () => ports,
        worker: 'test',
        signal: new AbortController().signal,
      },
    );
  };
  return {
    log,
    asked,
    workspace,
    activate,
    [Symbol.asyncDispose]: async () => {
      await rm(folder, { recursive: true, force: true });
      await rm(`${folder}-copies`, { recursive: true, force: true });
    },
  };
};

type Rig = Awaited<ReturnType<typeof rig>>;

/** Approves whatever is asked, as a person does who looks at it. */
const approveAll = ({ log }: Rig): void => {
  if (log.state.status !== 'waiting') return;
  for (const open of Object.values(log.state.decisions))
    if (open.status === 'pending')
      log.command({
        kind: 'decide',
        by: 'person:ada',
        decision: open.request.id,
        hash: open.request.hash,
        verdict: { kind: 'approved', arguments: null },
      });
};

/** Runs activation after activation until nothing is left to do without a person. */
const toEnd = async (running: Rig): Promise<void> => {
  for (let activations = 0; activations < 20; activations += 1) {
    if (running.log.activation !== null) await running.activate();
    approveAll(running);
    if (running.log.state.status !== 'queued') return;
  }
  throw new Error('the run does not come to an end');
};

const scenario: readonly (readonly Wish[])[] = [
  [['plan', { steps: [{ text: 'Add lines', status: 'active' }] }], bash('cat a.txt')],
  [bash('echo two >> a.txt'), bash('echo three >> a.txt; false')],
  [
    ['edit', { path: 'a.txt', old: 'two', new: '2' }],
    ['write', { path: 'b.txt', content: 'hunter2secret\n' }],
  ],
  [['write', { path: '.github', content: 'x' }], bash('rm nothing-there'), ['bash', '{"command": ']],
  [bash('wc -l a.txt'), ['nonsense', {}]],
  [finish('call_1_0', 'call_4_0')],
];
const asking = {
  verification: [{ command: 'grep -q 2 a.txt', network: [], timeoutSeconds: 10 }],
  policy: {
    rules: [
      {
        id: 'removal',
        verdict: 'ask' as const,
        reason: 'It removes things.',
        command: 'rm',
        examples: { matches: [{ tool: 'bash' as const, command: 'rm x' }], not: [] },
      },
    ],
    otherwise: { reads: 'allow' as const, changes: 'allow' as const, network: 'ask' as const },
    limits: [],
  },
};

describe('an activation', () => {
  test('parks at a decision, goes on when it is made, and hands over what it changed', async () => {
    await using running = await rig(scenario, asking);
    expect((await running.activate()).outcome).toBe('ended');
    expect(running.log.state).toMatchObject({ status: 'waiting', until: { kind: 'decision', decision: 'dec_test1' } });
    approveAll(running);
    await running.activate();
    expect(running.log.state).toMatchObject({
      status: 'reviewing',
      report: { summary: 'Done.' },
      verification: [{ command: 'grep -q 2 a.txt', exitCode: 0 }],
    });
    expect(await running.workspace.read()).toEqual({
      '.github': 'x',
      'a.txt': 'one\n2\nthree\n',
      'b.txt': '[redacted]\n',
    });
  });

  test('saves what it has changed for whoever is asked, once for each tree', async () => {
    const remove = bash('rm nothing-there');
    await using running = await rig(
      [[bash('echo 2 >> a.txt'), remove], [remove], [bash('echo three >> a.txt'), remove], [finish('call_0_0')]],
      asking,
    );
    await running.activate();
    const { head, soFar } = running.log.state;
    expect(soFar).toMatchObject({ head, files: 1, additions: 1, deletions: 0 });
    expect(running.log.events.slice(-2).map(({ body }) => body.type)).toEqual(['changes.saved', 'activation.ended']);
    const parks: string[] = [];
    while (running.log.state.status === 'waiting') {
      approveAll(running);
      await running.activate();
      const last = running.log.events.slice(-2).map(({ body }) => body.type);
      parks.push(last.includes('changes.saved') ? 'saved' : 'as it was');
    }
    expect(parks).toEqual(['as it was', 'saved', 'as it was']);
    expect(running.log.state).toMatchObject({ status: 'reviewing', soFar: null, result: { files: 1 } });
  });

  test('does not go on showing what it has taken back meanwhile', async () => {
    const remove = bash('rm nothing-there');
    await using running = await rig(
      [[bash('echo 2 >> a.txt'), remove], [bash('echo one > a.txt'), remove], [finish('call_0_0')]],
      asking,
    );
    await running.activate();
    expect(running.log.state.soFar).toMatchObject({ files: 1 });
    approveAll(running);
    await running.activate();
    expect(running.log.state).toMatchObject({ status: 'waiting', soFar: { files: 0, head: running.log.state.head } });
  });

  test('writes no known secret into the log', async () => {
    await using running = await rig([[bash('echo hunter2secret; echo x >> a.txt')], [finish('call_0_0')]]);
    await toEnd(running);
    expect(JSON.stringify(running.log.events)).not.toContain('hunter2secret');
    expect(JSON.stringify(running.log.events)).toContain('[redacted]');
  });

  test('that crashed at any event, before or after it was on record, comes out the same', async () => {
    await using plain = await rig(scenario, asking);
    await toEnd(plain);
    const expected = { tree: await plain.workspace.read(), events: normalised(plain.log.events) };
    let appends = 0;
    for (;;) {
      appends += 1;
      let crashed = false;
      for (const when of ['before', 'after'] as const) {
        await using running = await rig(scenario, asking);
        let count = 0;
        const crashing = (log: Log): Log => ({
          ...log,
          append: async (input) => {
            count += 1;
            if (count !== appends) return log.append(input);
            crashed = true;
            if (when === 'after') await log.append(input);
            throw new Error('crash');
          },
        });
        while (running.log.state.status === 'queued') {
          const { activation } = running.log;
          await running.activate(crashing).catch((error: Error) => {
            if (error.message !== 'crash') throw error;
            if (activation !== null) running.log.command({ kind: 'lose', activation, reason: 'crash' });
          });
          approveAll(running);
        }
        const place = `${when} append ${appends}`;
        expect({ place, tree: await running.workspace.read(), events: normalised(running.log.events) }).toEqual({
          place,
          ...expected,
        });
        const twice = running.asked.length - plain.asked.length;
        const lost = running.log.events.filter(({ body }) => body.type === 'model.lost').length;
        expect({ place, twice: twice <= lost, lost: lost <= 1, same: new Set(running.asked) }).toEqual({
          place,
          twice: true,
          lost: true,
          same: new Set(plain.asked),
        });
      }
      if (!crashed) break;
    }
    expect(appends).toBeGreaterThan(20);
  });

  test('that lost its lease can append nothing, and says so', async () => {
    await using running = await rig(scenario, asking);
    const { activation } = running.log;
    let taken = false;
    const ended = await running.activate((log) => ({
      ...log,
      append: async (input) => {
        if (!taken && activation !== null) running.log.command({ kind: 'lose', activation, reason: 'stopped' });
        taken = true;
        return log.append(input);
      },
    }));
    expect(ended).toMatchObject({ outcome: 'fenced', refusal: { code: 'fenced' } });
    expect(running.log.events.map(({ body }) => body.type)).toEqual([
      'run.created',
      'activation.queued',
      'activation.leased',
      'activation.lost',
      'activation.queued',
    ]);
  });
});

describe('a run that gets nowhere', () => {
  test('asks a person after five equal calls with equal results', async () => {
    await using running = await rig(Array.from({ length: 9 }, () => [bash('cat a.txt')]));
    await running.activate();
    expect(running.log.state).toMatchObject({ status: 'waiting', repetition: { count: 5 } });
    expect(Object.values(running.log.state.decisions)).toMatchObject([
      { status: 'pending', request: { kind: 'question' } },
    ]);
  });

  test('asks a person after three turns without a call', async () => {
    await using running = await rig([]);
    await running.activate();
    expect(running.log.state).toMatchObject({ status: 'waiting', idleTurns: 3 });
  });

  test('pauses at the edge of its budget, goes on with a larger one', async () => {
    await using running = await rig([[bash('echo 1 >> a.txt')], [bash('echo 2 >> a.txt')], [finish('call_0_0')]], {
      budget: { turns: 2, tokens: null, usd: null, activeMinutes: null, toolMinutes: null, retries: null },
    });
    await running.activate();
    expect(Object.values(running.log.state.decisions)).toMatchObject([
      { request: { kind: 'budget', arguments: { budget: 'turns', limit: 3 } } },
    ]);
    approveAll(running);
    await running.activate();
    expect(running.log.state).toMatchObject({ status: 'reviewing', budget: { turns: 3 } });
  });

  test('that is stopped at the edge of its budget hands over what it did', async () => {
    await using running = await rig([[bash('echo 1 >> a.txt')], [bash('echo 2 >> a.txt')]], {
      budget: { turns: 1, tokens: null, usd: null, activeMinutes: null, toolMinutes: null, retries: null },
    });
    await running.activate();
    const [open] = Object.values(running.log.state.decisions);
    running.log.command({
      kind: 'decide',
      by: 'person:ada',
      decision: open!.request.id,
      hash: open!.request.hash,
      verdict: { kind: 'rejected', reason: 'enough' },
    });
    await running.activate();
    expect(running.log.state).toMatchObject({ status: 'reviewing', report: null, result: { files: 1 } });
  });

  test('is shown failing verification twice, then hands over the failure', async () => {
    await using running = await rig(
      [
        [bash('echo 1 >> a.txt')],
        [finish('call_0_0')],
        [bash('echo 3 >> a.txt')],
        [finish('call_2_0')],
        [finish('call_2_0')],
      ],
      {
        verification: [{ command: 'echo no; exit 3', network: [], timeoutSeconds: 10 }],
      },
    );
    await toEnd(running);
    expect(running.log.state).toMatchObject({ status: 'reviewing', repairs: 2, verification: [{ exitCode: 3 }] });
    expect(running.asked.at(-1)).toContain('echo no; exit 3');
  });
});
