import { TRPCError } from '@trpc/server';
import { describe, expect, test } from 'vitest';
import { RefusedError } from '../../../shared/api/router.ts';
import { withTypedErrors } from './typed-errors.ts';

const failure = async (error: unknown, closing: AbortSignal): Promise<unknown> => {
  const api = withTypedErrors({ ask: () => Promise.reject(error) }, closing);
  return api.ask().catch((thrown: unknown) => thrown);
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
    expect(await failure(bug, new AbortController().signal)).toBe(bug);
  });

  test('is a refusal as it is, whether it stops or not', async () => {
    const typed = new TRPCError({ code: 'NOT_FOUND' });
    for (const error of [refused, typed]) expect(await failure(error, stopped)).toBe(error);
  });
});
