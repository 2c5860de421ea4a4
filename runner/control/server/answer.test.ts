import { expect, test } from 'vitest';
import type { ApiContext } from '../../../shared/api/router.ts';
import { answer } from './answer.ts';

const mine = { run: 'run_000000000001', activation: 'act_000000000001' };
const contextOf = (caller: ApiContext['caller']): ApiContext => ({
  caller,
  // safe: these are all that is called
  runner: {} as ApiContext['runner'],
  worker: { settings: async () => 'settings' } as unknown as ApiContext['worker'],
  explain: () => null,
});
const asWorker = contextOf({ kind: 'worker', ...mine });

const ask = async (path: string, input: unknown, ctx: ApiContext = asWorker) => {
  const failed: string[] = [];
  const given = await answer(
    { kind: 'ask', id: 1, path, type: 'query', input },
    { ctx, onError: ({ error }) => failed.push(error.code) },
  );
  return { given, failed };
};

test('a worker is answered what it may ask', async () => {
  expect(await ask('worker.settings', mine)).toEqual({ given: { result: { data: 'settings' } }, failed: [] });
});

test.for([
  ['of another run', 'worker.settings', { ...mine, run: 'run_000000000002' }, 'FORBIDDEN'],
  ['of another activation', 'worker.settings', { ...mine, activation: 'act_000000000002' }, 'FORBIDDEN'],
  ['that is a person’s', 'runs.list', {}, 'FORBIDDEN'],
  ['that there is not', 'worker.nothing', mine, 'NOT_FOUND'],
  ['that it does not ask well', 'worker.settings', { ...mine, more: 1 }, 'BAD_REQUEST'],
] as const)('a question %s is refused', async ([, path, input, code]) => {
  const { given, failed } = await ask(path, input);
  expect(given).toMatchObject({ error: { data: { code, path } } });
  expect(given).not.toHaveProperty('error.data.stack');
  expect(failed).toEqual([code]);
});

test('a worker that has been given nothing may ask nothing', async () => {
  const { given } = await ask('worker.settings', mine, contextOf(null));
  expect(given).toMatchObject({ error: { data: { code: 'UNAUTHORIZED' } } });
});
