import type { Logger } from 'pino';
import { RefusedError } from '../../../shared/api/router.ts';
import { isTerminal, type RunState } from '../../../shared/run/state.ts';
import type { SupervisorRole } from '../store/role.ts';
import type { Store, ToPublish } from '../store/store.ts';
import { startPasses, type Passes } from '../supervisor/passes.ts';
import { toldRefusal } from './known-definitions.ts';

export interface PublishingOptions {
  readonly store: Pick<Store, 'toPublish' | 'publishTried' | 'state' | 'onCommit'>;
  readonly role: Pick<SupervisorRole, 'held' | 'onTaken'>;
  /**
   * Puts on record that the result in review is to be published, if that is not on record. Null: it is; else why not, a sentence: a person has to
   * look at it. Throws RefusedError where another try may do.
   */
  readonly publish: (waiting: ToPublish, state: RunState) => Promise<string | null>;
  /** Ms since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

/** Commits come in bursts. */
const afterCommitMs = 300;
const againMs = 30_000;
const mostTries = 5;

/**
 * Publishes results of runs that triggers began without a person, where whoever enabled the trigger agreed to that. Each round once: who has the
 * supervisor's role does, and what is on record as asked for is not asked for again.
 */
export const startPublishing = ({ store, role, publish, now, log }: PublishingOptions): Passes => {
  /** Tries that were refused, by run. */
  const refused = new Map<string, { readonly tries: number; readonly at: number }>();

  /** When to look at it again; Infinity: with the next commit. */
  const lookAt = async (waiting: ToPublish): Promise<number> => {
    const before = refused.get(waiting.run);
    if (before !== undefined && before.at > now()) return before.at;
    const state = await store.state(waiting.run);
    if (state === null || isTerminal(state)) {
      refused.delete(waiting.run);
      await store.publishTried(waiting, null);
      return Infinity;
    }
    if (state.status !== 'reviewing' || state.round <= waiting.triedRound) return Infinity;
    const { id: run, round } = state;
    let unpublished: string | null;
    try {
      unpublished = await publish(waiting, state);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      const tries = (before?.tries ?? 0) + 1;
      if (tries < mostTries) {
        refused.set(run, { tries, at: now() + againMs });
        return now() + againMs;
      }
      unpublished = toldRefusal(error);
    }
    refused.delete(run);
    await store.publishTried(waiting, { round, unpublished });
    log.info(
      { run, round, trigger: waiting.key.name, unpublished },
      'a result was looked at, to be published by itself',
    );
    return Infinity;
  };

  const passes = startPasses({
    pass: async (signal) => {
      if (!role.held) return Infinity;
      let next = Infinity;
      for (const waiting of await store.toPublish()) {
        if (signal.aborted) break;
        const at = await lookAt(waiting).catch((error: unknown) => {
          log.error({ err: error, run: waiting.run }, 'a result could not be published by itself');
          return now() + againMs;
        });
        next = Math.min(next, at);
      }
      return next;
    },
    now,
    onTrouble: (error) => log.error({ err: error }, 'results could not be looked after, to be published'),
  });
  const forget = store.onCommit(() => passes.wakeAt(now() + afterCommitMs));
  role.onTaken(() => passes.wakeAt(now()));
  passes.wakeAt(now());
  return {
    ...passes,
    [Symbol.asyncDispose]: async () => {
      forget();
      await passes[Symbol.asyncDispose]();
    },
  };
};
