import { TRPCError } from '@trpc/server';
import { Trouble } from '../../../shared/trouble.ts';
import { isFullDisk } from '../../machine/git/full-disk.ts';

/**
 * What a client is told of trouble with the disk, and of whatever fails because the runner is on its way down (`closing` has
 * fired), where it would be "something went wrong". 503: a worker asks again, and what it did is not lost while it does.
 */
export const explainer =
  (closing: AbortSignal) =>
  (error: unknown): TRPCError | null => {
    const message = messageOf(error) ?? (closing.aborted ? isStopping : null);
    return message === null ? null : new TRPCError({ code: 'SERVICE_UNAVAILABLE', message, cause: error });
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
