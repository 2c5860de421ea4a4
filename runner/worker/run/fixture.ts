import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Checkpoint } from '../../../shared/run/artifacts.ts';
import type { ModelItem } from '../../../shared/run/model-item.ts';
import { MemoryLog } from '../../../test/fakes/memory-log.ts';
import { someTask } from '../../../test/fakes/task.ts';
import { copiesIn } from '../start/copies.ts';
import { Hold } from './ports/hold.ts';
import { work, type Ended } from './loop.ts';
import type { ModelOutcome } from '../models/model.ts';
import type { Log, Ports } from './ports/ports.ts';
import type { Keeping } from '../workspace/workspace.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';

const run = promisify(execFile);
const usage = { input: 100, cached: 0, cacheWrite: 0, output: 10, reasoning: 0 };

export type Wish = readonly [tool: string, args: unknown];

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

export const bash = (command: string): Wish => ['bash', { command, timeoutSeconds: null, network: null }];
export const finish = (...calls: string[]): Wish => [
  'finish',
  { summary: 'Done.', claims: [{ text: 'It ran', calls }] },
];

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
    left: [],
    present: () => true,
    renew: async ({ commit }: Checkpoint) => {
      await fill(saved.get(commit) ?? {});
      return 'whole' as const;
    },
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
    bringBase: () => Promise.reject(new Error('nothing comes from elsewhere')),
    startFrom: async () => {},
    merge: () => Promise.reject(new Error('nothing is merged')),
    checkout: async ({ commit }: Checkpoint, folder: string) => {
      for (const [name, text] of Object.entries(saved.get(commit) ?? {}))
        await writeFile(path.join(folder, name), text);
    },
    changes: async (from: Checkpoint, to: Checkpoint, keeping: Keeping) => ({
      files:
        from.tree === to.tree
          ? []
          : [{ status: 'modified' as const, before: null, after: null, binary: false, additions: 1, deletions: 0 }],
      patch: await patchIn(`${root}-patch`, JSON.stringify([saved.get(from.commit), saved.get(to.commit)]), keeping),
    }),
    addedLines: async () => new Map(),
    readFiles: async () => [],
    difference: async (from: Checkpoint, to: Checkpoint) => {
      const [before = {}, after = {}] = [saved.get(from.commit), saved.get(to.commit)];
      return Object.keys({ ...before, ...after })
        .filter((name) => before[name] !== after[name])
        .map((name) => ({ path: name, target: null }));
    },
    patch: async (_from: Checkpoint, to: Checkpoint, paths: readonly string[]) =>
      paths.map((name) => saved.get(to.commit)?.[name] ?? `${name} is gone`).join(''),
  };
};

const hashOf = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

const patchIn = async (file: string, text: string, keeping: Keeping): Promise<string> => {
  await writeFile(file, text);
  const name = await keeping.patch(file);
  await rm(file);
  return name;
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

export const rig = async (turns: readonly (readonly Wish[])[], different: Parameters<typeof someTask>[0] = {}) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'longhaul-loop-'));
  const log = new MemoryLog(someTask(different));
  const workspace = folderWorkspace(folder);
  const { asked, model } = conversation(turns);
  let decisions = 0;
  const ports: Ports = {
    blobs: {
      put: async (content) => hashOf(content),
      putFile: async (file) => hashOf(await readFile(file)),
      get: () => Promise.reject(new Error('nothing is kept')),
    },
    keep: 'local',
    visits: { last: async () => null, record: async () => {} },
    model,
    images: async () => [],
    price: () => 0.01,
    workspace,
    sandboxes: {
      open: async (tree) => bareSandbox(tree),
      homeOf: () => null,
      homeIsEmpty: async () => true,
      moveHome: async () => {},
      copy: copiesIn(`${folder}-copies`, null),
    },
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
        hold: new Hold(),
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

export type Rig = Awaited<ReturnType<typeof rig>>;

/** Approves whatever is asked, as a person does who looks at it. */
export const approveAll = ({ log }: Rig): void => {
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
export const toEnd = async (running: Rig): Promise<void> => {
  for (let activations = 0; activations < 20; activations += 1) {
    if (running.log.activation !== null) await running.activate();
    approveAll(running);
    if (running.log.state.status !== 'queued') return;
  }
  throw new Error('the run does not come to an end');
};
