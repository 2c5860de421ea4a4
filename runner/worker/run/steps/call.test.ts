import { expect, test } from 'vitest';
import type { CallIn } from '../../../../shared/run/call.ts';
import { someTask } from '../../../../test/fakes/task.ts';
import { LogGone, SandboxRefused, type StepContext } from '../ports/ports.ts';
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import { runCall } from './call.ts';
import { judgeNext } from './judge.ts';
import type { PreparedTree } from '../../../../shared/run/state.ts';

const head = { commit: 'a'.repeat(40), tree: 'b'.repeat(40) };
const call = (tool: string, args: CallIn<'ready'>['arguments']): CallIn<'ready'> => ({
  status: 'ready',
  id: 'call_1',
  tool,
  arguments: args,
  network: [],
  repeatable: false,
  asks: false,
  reason: '',
  attempt: 0,
  losses: 0,
  approval: null,
});
const bash = call('bash', { command: 'ls', timeoutSeconds: null, network: null });

interface Broken {
  readonly root?: string;
  readonly sandbox?: () => Promise<Sandbox>;
  readonly checkpoint?: () => Promise<never>;
}

/** A run whose parts fail as they are told to. Nothing has a folder that could be there. */
const broken = ({ root = '/dev/null/tree', sandbox = ending(new Error('no shell')), checkpoint }: Broken) => {
  const restored: string[] = [];
  const context = {
    state: { id: 'run_test', tree, setup: [], task: someTask() },
    events: [],
    signal: new AbortController().signal,
    sandbox,
    ports: {
      owner: null,
      ripgrep: '/nowhere/rg',
      keep: 'local',
      clock: { now: () => 0 },
      redact: (text: string) => text,
      workspace: {
        root,
        checkpoint: checkpoint ?? (async () => head),
        restore: async ({ commit }: typeof head) => restored.push(commit) > 0,
      },
    },
  } as unknown as StepContext; // safe: the parts that are used are there
  return { context, restored };
};

const sandboxOf =
  (run: Sandbox['run']): (() => Promise<Sandbox>) =>
  async () => ({ run, [Symbol.asyncDispose]: async () => {} });
const ending = (error: Error) => sandboxOf(() => Promise.reject(error));
const listing = sandboxOf(async () => ({
  outcome: 'exited',
  exitCode: 0,
  output: 'a\n',
  outputBytes: 2,
  truncated: false,
  durationMs: 1,
  refusedHosts: [],
  reachedHosts: [],
}));
const tree: PreparedTree = { status: 'prepared', origin: head, base: head, head, saved: null, bundles: [] };
const system = (code: string) => Object.assign(new Error(`${code}: it is so, open '/dev/null/tree/a'`), { code });

test.each([
  ['read', { path: 'a', from: null, lines: null }],
  ['list', { path: null, depth: null }],
  ['edit', { path: 'a', old: 'x', new: 'y' }],
  ['write', { path: 'a', content: 'x' }],
  ['apply_patch', { patch: '*** Begin Patch\n*** Delete File: a\n*** End Patch' }],
] as const)(
  'the tool %s in a tree where every system call fails says so to the model and does not throw',
  async (tool, args) => {
    const { context } = broken({});
    const events = await runCall(context, { do: 'call', call: call(tool, args), restore: false, tree });
    expect(events).toMatchObject([{ type: 'call.finished', outcome: 'error' }]);
    expect(JSON.stringify(events)).not.toContain('/dev/null');
  },
);

test.each([
  ['a file that is too large for its checkpoint', new RangeError('The value of "length" is out of range.')],
  ['a file that must not be read', system('EACCES')],
  ['a blob that the control plane refuses', new Error('the control plane refused a blob of 3 bytes: 413')],
])('%s fails the call, whose changes are taken back', async (_name, error) => {
  const { context, restored } = broken({ sandbox: listing, checkpoint: () => Promise.reject(error) });
  const events = await runCall(context, { do: 'call', call: bash, restore: false, tree });
  expect(events).toMatchObject([{ type: 'call.finished', outcome: 'error', checkpoint: null }]);
  expect(events).toMatchObject([{ output: expect.stringContaining('The workspace is as it was before the call.') }]);
  expect(restored).toEqual([head.commit]);
});

test.each([
  ['a sandbox that cannot start a command', { sandbox: ending(new Error('no user namespaces')) }],
  ['a machine without a sandbox', { sandbox: () => Promise.reject(new SandboxRefused('none', 'get one')) }],
  ['a full disk', { sandbox: listing, checkpoint: () => Promise.reject(system('ENOSPC')) }],
  ['a broken disk', { sandbox: listing, checkpoint: () => Promise.reject(system('EIO')) }],
  ['a control plane that is gone', { sandbox: listing, checkpoint: () => Promise.reject(new LogGone('no answer')) }],
])('%s is no fault of the call: the activation ends', async (_name, parts) => {
  await expect(runCall(broken(parts).context, { do: 'call', call: bash, restore: false, tree })).rejects.toThrow();
});

test('a call whose paths cannot be looked at is judged all the same: it is invalid, and no worker dies of it', async () => {
  const wanted = {
    status: 'asked',
    id: 'call_1',
    tool: 'write',
    arguments: JSON.stringify({ path: 'a', content: '' }),
  } as const;
  const [judged] = await judgeNext(broken({}).context, wanted);
  expect(judged).toMatchObject({ type: 'call.judged', verdict: 'invalid' });
  expect(JSON.stringify(judged)).not.toContain('/dev/null');
});
