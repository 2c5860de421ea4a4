import type { Logger } from 'pino';
import type { Sighting } from '../../../shared/run/command.ts';
import { mayRepair } from '../../../shared/run/command-of-effects.ts';
import { isFollowed } from '../../../shared/run/followed.ts';
import type { PullRequest } from '../../../shared/run/pull-request.ts';
import { turns } from '../../machine/turns.ts';
import type { SupervisorRole } from '../store/role.ts';
import type { Store } from '../store/store.ts';
import { startPasses } from '../supervisor/passes.ts';
import { failedAttempt } from './failed-attempt.ts';

/** Looks at a pull request. Throws Trouble. */
export type LookAtPullRequest = (asked: {
  readonly pullRequest: PullRequest;
  /** What checks that failed say is wanted. */
  readonly whyFailed: boolean;
  readonly signal: AbortSignal;
}) => Promise<Extract<Sighting, { outcome: 'seen' }>>;

export interface FollowingOptions {
  readonly store: Pick<Store, 'followed' | 'state' | 'command' | 'onCommit'>;
  readonly role: Pick<SupervisorRole, 'held' | 'fence' | 'onTaken'>;
  readonly look: LookAtPullRequest;
  /** Between two looks at a pull request of which there has been news lately, ms. */
  readonly everyMs: number;
  /** Ms since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

/** What another side asks to wait is heeded up to this, an hour: it may be a mistake. */
const longestAskedMs = 3_600_000;
/** Where there is no news the pause grows to this many times as long. */
const slowest = 10;

interface Watched {
  /** Ms since the epoch. */
  at: number;
  pauseMs: number;
}

/**
 * Looks at the pull requests of runs, one after the other with each host, and puts on record what became of them: merged accepts, closed rejects, a
 * request for changes begins a round. It asks and is not told: a laptop cannot be called from outside, and what is asked is nobody's
 * claim. Only who has the supervisor's role does.
 */
export const startFollowing = (options: FollowingOptions): AsyncDisposable => {
  const { store, role, look, everyMs, now, log } = options;
  const stop = new AbortController();
  const turn = turns(1);
  const watched = new Map<string, Watched>();
  const underWay = new Map<string, Promise<void>>();

  /** Whether it was otherwise than before, and how long nobody is to ask again (ms), if the other side said so. */
  const lookOnce = async (id: string): Promise<{ readonly news: boolean; readonly afterMs: number }> => {
    const nothing = { news: false, afterMs: 0 };
    const first = await store.state(id);
    if (first?.pullRequest == null) return nothing;
    return turn(new URL(first.pullRequest.remote).host, async () => {
      // As it is now: it may have waited for others.
      const state = await store.state(id);
      if (state?.pullRequest == null || !isFollowed(state) || !role.held || stop.signal.aborted) return nothing;
      const { pullRequest } = state;
      const { fence } = role;
      const { sighting, afterMs } = await sightingOf(
        () => look({ pullRequest, whyFailed: mayRepair(state), signal: stop.signal }),
        log,
      );
      if (stop.signal.aborted && sighting.outcome === 'unseen') return nothing;
      const written = await store.command(
        id,
        { kind: 'seen', effect: pullRequest.effect, ...sighting },
        { role: fence },
      );
      const news = written.outcome === 'done' ? written.events.map(({ body }) => body.type) : [];
      if (news.length > 0) log.info({ run: id, pullRequest: pullRequest.url, news }, 'a pull request is otherwise');
      return { news: news.length > 0, afterMs };
    });
  };

  const begin = (run: string, watch: Watched): void => {
    const ended = lookOnce(run).catch((error: unknown) => {
      log.error({ err: error, run }, 'a pull request could not be looked after');
      return { news: false, afterMs: 0 };
    });
    underWay.set(
      run,
      ended.then(({ news, afterMs }) => {
        underWay.delete(run);
        watch.pauseMs = news ? everyMs : Math.min(watch.pauseMs * 1.5, everyMs * slowest);
        watch.at = now() + Math.max(watch.pauseMs, Math.min(afterMs, longestAskedMs));
        passes.wakeAt(watch.at);
      }),
    );
  };

  const passes = startPasses({
    pass: async () => {
      if (!role.held) return Infinity;
      const runs = new Set(await store.followed());
      for (const run of watched.keys()) if (!runs.has(run)) watched.delete(run);
      for (const run of runs) {
        const watch = watched.get(run) ?? { at: now(), pauseMs: everyMs };
        watched.set(run, watch);
        if (watch.at <= now() && !underWay.has(run)) begin(run, watch);
      }
      return Math.min(...[...watched].filter(([run]) => !underWay.has(run)).map(([, { at }]) => at));
    },
    now,
    onTrouble: (error) => log.error({ err: error }, 'pull requests could not be looked after'),
  });
  // A run that has just got one, or whose next round is in review, is looked at with the next pass.
  const forget = store.onCommit(() => passes.wakeAt(now() + everyMs));
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

const sightingOf = async (
  look: () => ReturnType<LookAtPullRequest>,
  log: Logger,
): Promise<{ readonly sighting: Sighting; readonly afterMs: number }> => {
  try {
    return { sighting: await look(), afterMs: 0 };
  } catch (error) {
    const { said, remedy, afterMs } = failedAttempt(error, log);
    return { sighting: { outcome: 'unseen', said, remedy }, afterMs: afterMs ?? 0 };
  }
};
