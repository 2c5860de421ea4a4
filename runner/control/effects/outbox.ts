import type { Logger } from 'pino';
import type { EffectOutcome } from '../../../shared/run/command.ts';
import { nextEffect, type EffectResult, type EffectState } from '../../../shared/run/effect.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { turns } from '../../machine/turns.ts';
import type { SupervisorRole } from '../store/role.ts';
import type { Store } from '../store/store.ts';
import { startPasses } from '../supervisor/passes.ts';
import { failedAttempt } from './failed-attempt.ts';

/** What is to be done, for which run. */
export interface Asked {
  readonly run: RunState;
  readonly effect: EffectState;
  /** Fires when the runner stops. What is under way then is done again by the next one, which looks first. */
  readonly signal: AbortSignal;
}

/**
 * Does an effect, if it is not done already: it looks for what an earlier attempt left, which may have ended before its answer came, and adopts
 * it. Throws EffectTrouble, and Trouble where to try again would be in vain.
 */
export type Perform = (asked: Asked) => Promise<EffectResult>;

export interface OutboxOptions {
  readonly store: Pick<Store, 'effects' | 'state' | 'command' | 'onCommit'>;
  readonly role: Pick<SupervisorRole, 'held' | 'fence' | 'onTaken'>;
  readonly perform: Perform;
  /** Ms since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

/** Commits come in bursts: of what they are about nobody tells. */
const afterCommitMs = 100;
/** What came of an effect could not be put on record: it is looked for again after so long. */
const afterTroubleMs = 1_000;

/**
 * Does what is on record to be changed outside. To one host requests are made one after the other, as the forges ask of those who write; a host that
 * does not answer holds up no other. Only who has the supervisor's role does anything; it says what came of it in that role, so that one
 * which lost it on the way says nothing.
 */
export const startOutbox = ({ store, role, perform, now, log }: OutboxOptions): AsyncDisposable => {
  const stop = new AbortController();
  const turn = turns(1);
  /** By run. */
  const underWay = new Map<string, Promise<void>>();

  const doNext = async (id: string): Promise<void> => {
    const asked = await store.state(id);
    const effect = asked === null ? null : nextEffect(asked);
    if (effect === null) return;
    await turn(new URL(effect.effect.remote).host, async () => {
      // As it is now: it may have waited for others.
      const run = await store.state(id);
      if (run === null || nextEffect(run)?.key !== effect.key || !role.held || stop.signal.aborted) return;
      const { fence } = role;
      const outcome = await outcomeOf(() => perform({ run, effect, signal: stop.signal }), log);
      // It was not the effect that failed.
      if (stop.signal.aborted && outcome.kind === 'failed') return;
      const written = await store.command(id, { kind: 'effected', effect: effect.key, outcome }, { role: fence });
      log.info({ run: id, effect: effect.key, outcome: outcome.kind, written: written.outcome }, 'an effect was tried');
    });
  };

  const begin = (run: string): void => {
    const ended = doNext(run).then(
      () => now(),
      (error: unknown) => {
        log.error({ err: error, run }, 'an effect could not be looked after');
        return now() + afterTroubleMs;
      },
    );
    underWay.set(
      run,
      ended.then((again) => {
        underWay.delete(run);
        passes.wakeAt(again);
      }),
    );
  };

  const passes = startPasses({
    pass: async () => {
      if (!role.held) return Infinity;
      const waiting = (await store.effects()).filter(({ run }) => !underWay.has(run));
      for (const { run, at } of waiting) if (at <= now()) begin(run);
      // Nothing is waited for where nothing is to be done; what is under way asks for another pass when it has ended.
      return Math.min(...waiting.filter(({ run }) => !underWay.has(run)).map(({ at }) => at));
    },
    now,
    onTrouble: (error) => log.error({ err: error }, 'effects could not be looked after'),
  });
  const forget = store.onCommit(() => passes.wakeAt(now() + afterCommitMs));
  role.onTaken(() => passes.wakeAt(now()));
  passes.wakeAt(now());
  return {
    [Symbol.asyncDispose]: async () => {
      forget();
      stop.abort();
      await passes[Symbol.asyncDispose]();
      await Promise.all(underWay.values());
    },
  };
};

const outcomeOf = async (attempt: () => Promise<EffectResult>, log: Logger): Promise<EffectOutcome> => {
  try {
    return { kind: 'done', result: await attempt() };
  } catch (error) {
    return { kind: 'failed', ...failedAttempt(error, log) };
  }
};
