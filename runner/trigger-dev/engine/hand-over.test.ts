import { expect, test } from 'vitest';
import type { NextTicket } from '../protocol.ts';
import type { Token, TokenState, TriggerApi } from './api.ts';
import type { TaskRun } from './fate.ts';
import { handOver } from './hand-over.ts';

const ticket = { run: 'run_aaaa', activation: 'act_next', url: 'http://127.0.0.1:1', token: 'x' };
const waiting: TokenState = { status: 'waiting', waiter: 'run_task', next: null };

/** Tokens as Trigger.dev keeps them: the first completion holds. */
const setUp = (given: { token: TokenState | null; task?: TaskRun['status'] | null }) => {
  let state = given.token ?? { status: 'waiting', waiter: null, next: null };
  const completions: NextTicket[] = [];
  const keys: string[] = [];
  const never = (): never => {
    throw new Error('nothing of that kind is asked here');
  };
  const api: TriggerApi = {
    trigger: never,
    newest: never,
    cancel: never,
    watch: never,
    onTrouble: never,
    token: async (key): Promise<Token> => {
      keys.push(key);
      return { id: 'waitpoint_1', known: given.token !== null };
    },
    readToken: async () => state,
    completeToken: async (_id, next) => {
      completions.push(next);
      if (state.status === 'waiting') state = { ...state, status: 'completed', next };
    },
    taskRun: async (id) =>
      given.task === null ? null : { id, status: given.task ?? 'WAITING', output: null, error: null },
  };
  return { api, completions, keys };
};

test('a task that waits gets the next ticket', async () => {
  const { api, completions, keys } = setUp({ token: waiting });
  expect(await handOver(api, ticket, 3)).toBe('run_task');
  expect({ completions, keys }).toEqual({ completions: [{ ticket }], keys: ['longhaul:run_aaaa:3'] });
});

test('off the Cloud a task that waits is executing', async () => {
  expect(await handOver(setUp({ token: waiting, task: 'EXECUTING' }).api, ticket, 3)).toBe('run_task');
});

test('a run that was never leased has nobody waiting, and nobody is asked', async () => {
  const { api, keys } = setUp({ token: null });
  expect(await handOver(api, ticket, 0)).toBeNull();
  expect(keys).toEqual([]);
});

test('where no task has come to wait yet, the one that comes late finds that it need not', async () => {
  const { api, completions } = setUp({ token: null });
  expect(await handOver(api, ticket, 3)).toBeNull();
  expect(completions).toEqual([{ ticket: null }]);
});

test.each(['CRASHED', 'COMPLETED', 'CANCELED', null] as const)(
  'a task that is gone (%s) gets nothing: another is started',
  async (task) => {
    const { api, completions } = setUp({ token: waiting, task });
    expect(await handOver(api, ticket, 3)).toBeNull();
    expect(completions).toEqual([{ ticket: null }]);
  },
);

test('after a crash in its middle it is repeated, and comes to the same', async () => {
  const { api, completions } = setUp({ token: { status: 'completed', waiter: 'run_task', next: { ticket } } });
  expect(await handOver(api, ticket, 3)).toBe('run_task');
  expect(completions).toEqual([]);
});

test('a token that went to another activation, or timed out, is nobody’s any more', async () => {
  const other = { ticket: { ...ticket, activation: 'act_other' } };
  expect(
    await handOver(setUp({ token: { status: 'completed', waiter: 'run_task', next: other } }).api, ticket, 3),
  ).toBeNull();
  const late = setUp({ token: { status: 'timed out', waiter: 'run_task', next: null } });
  expect(await handOver(late.api, ticket, 3)).toBeNull();
  expect(late.completions).toEqual([]);
});
