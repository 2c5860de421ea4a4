import { TRPCError } from '@trpc/server';
import { describe, expect, test } from 'vitest';
import { apiRouter, RefusedError, type ApiContext } from '../../../shared/api/router.ts';
import { explainer } from './typed-errors.ts';

const failure = async (error: unknown, closing: AbortSignal): Promise<unknown> => {
  const caller = { kind: 'person', name: 'ada', tenant: 'local', role: 'admin', local: true };
  const runner = { info: () => Promise.reject(error) };
  // safe: nothing else of it is called
  const context = { caller, runner, explain: explainer(closing) } as unknown as ApiContext;
  return apiRouter
    .createCaller(context)
    .runner.info()
    .catch((thrown: unknown) => thrown);
};

const stopped = AbortSignal.abort();
const bug = new Error('a bug');
const refused = new RefusedError({ code: 'conflict', message: 'No.', remedy: 'Wait.' });

describe('what a procedure fails with', () => {
  test('while the runner stops is that it stops, so that it is asked again', async () => {
    expect(await failure(stopped.reason, stopped)).toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      message: expect.stringContaining('being stopped') as string,
    });
  });

  test('is the bug itself while it is at work', async () => {
    expect(await failure(bug, new AbortController().signal)).toMatchObject({
      code: 'INTERNAL_SERVER_ERROR',
      cause: bug,
    });
  });

  test('is a refusal as it is, whether it stops or not', async () => {
    const typed = new TRPCError({ code: 'NOT_FOUND' });
    expect(await failure(typed, stopped)).toBe(typed);
    expect(await failure(refused, stopped)).toMatchObject({ code: 'CONFLICT', cause: refused });
  });
});
