import { TRPCError } from '@trpc/server';
import { Trouble } from '../../../shared/trouble.ts';
import { RefusedError } from '../../../shared/api/router.ts';
import { isFullDisk } from '../../machine/git/full-disk.ts';

/**
 * Makes trouble with the disk, and whatever fails because the runner is on its way down, an answer that says what to do about it, where it would be "something went wrong".
 * 503: a worker asks again, and what it did is not lost while it does. And gives refusals within a stream their codes,
 * which the router can give to answers only: a subscriber comes back after an internal error, and for ever.
 */
/** `closing` fires when the runner stops. */
export const withTypedErrors = <Api extends object>(api: Api, closing: AbortSignal): Api =>
  new Proxy(api, {
    get: (target, name, receiver) => {
      const member: unknown = Reflect.get(target, name, receiver);
      if (typeof member !== 'function') return member;
      return (...args: readonly unknown[]): unknown => {
        const answer: unknown = Reflect.apply(member, target, args);
        if (answer instanceof Promise)
          return answer.catch((error: unknown) => {
            throw asAnswer(error, closing);
          });
        return isStream(answer) ? streamed(answer, closing) : answer;
      };
    },
  });

const isStream = (answer: unknown): answer is AsyncIterable<unknown> =>
  typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer;

async function* streamed(stream: AsyncIterable<unknown>, closing: AbortSignal): AsyncGenerator {
  try {
    yield* stream;
  } catch (error) {
    if (!(error instanceof RefusedError)) throw asAnswer(error, closing);
    const code = error.refusal.code === 'not_found' ? 'NOT_FOUND' : 'BAD_REQUEST';
    throw new TRPCError({ code, message: error.message, cause: error });
  }
}

const asAnswer = (error: unknown, closing: AbortSignal): unknown => {
  if (error instanceof RefusedError || error instanceof TRPCError) return error;
  const message = messageOf(error) ?? (closing.aborted ? isStopping : null);
  return message === null ? error : new TRPCError({ code: 'SERVICE_UNAVAILABLE', message, cause: error });
};

/** What is told of trouble: the sentence and what to do about it. Null: it is none, but a bug. */
export const messageOf = (error: unknown): string | null => {
  if (error instanceof Trouble) return `${error.message} ${error.remedy}`;
  return isFullDisk(error) ? diskIsFull : null;
};

/** Its stop ends what was being done: nobody is at fault, and whoever asks again has what they asked for. */
const isStopping = 'The runner is being stopped. Ask again when it is back.';

/** Where it is not the database's. What was begun is taken back. */
const diskIsFull = 'The disk of the runner is full: nothing of this was kept. Make room on that disk.';
