import { TRPCError } from '@trpc/server';
import { RefusedError } from '../../../shared/api/router.ts';
import { isFullDisk } from '../../git/full-disk.ts';
import { BlobError } from '../blobs/blobs.ts';
import { StoreError } from '../store/store.ts';

/**
 * Makes trouble with the disk an answer that says what to do about it, where it would be "something went wrong".
 * 503: a worker asks again, and what it did is not lost while it does. And gives refusals within a stream their codes,
 * which the router can give to answers only: a subscriber comes back after an internal error, and for ever.
 */
export const withTypedErrors = <Api extends object>(api: Api): Api =>
  new Proxy(api, {
    get: (target, name, receiver) => {
      const member: unknown = Reflect.get(target, name, receiver);
      if (typeof member !== 'function') return member;
      return (...args: readonly unknown[]): unknown => {
        const answer: unknown = Reflect.apply(member, target, args);
        if (answer instanceof Promise)
          return answer.catch((error: unknown) => {
            throw diskTroubleAsAnswer(error);
          });
        return isStream(answer) ? streamed(answer) : answer;
      };
    },
  });

const isStream = (answer: unknown): answer is AsyncIterable<unknown> =>
  typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer;

async function* streamed(stream: AsyncIterable<unknown>): AsyncGenerator {
  try {
    yield* stream;
  } catch (error) {
    if (!(error instanceof RefusedError)) throw diskTroubleAsAnswer(error);
    const code = error.refusal.code === 'not_found' ? 'NOT_FOUND' : 'BAD_REQUEST';
    throw new TRPCError({ code, message: error.message, cause: error });
  }
}

const diskTroubleAsAnswer = (error: unknown): unknown => {
  const message =
    error instanceof StoreError || error instanceof BlobError
      ? `${error.message} ${error.remedy}`
      : isFullDisk(error)
        ? diskIsFull
        : null;
  return message === null ? error : new TRPCError({ code: 'SERVICE_UNAVAILABLE', message, cause: error });
};

/** Where it is not the database's. What was begun is taken back. */
export const diskIsFull = 'The disk of the runner is full: nothing of this was kept. Make room on that disk.';
