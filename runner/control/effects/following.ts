import type { Logger } from 'pino';
import type { Sighting } from '../../../shared/run/command.ts';
import { mayRepair } from '../../../shared/run/command-of-effects.ts';
import { isSameRepository } from '../../../shared/recipe/repository-address.ts';
import { isFollowed } from '../../../shared/run/followed.ts';
import type { PullRequest } from '../../../shared/run/pull-request.ts';
import { turns } from '../../machine/turns.ts';
import type { News } from '../forges/delivered.ts';
import type { SupervisorRole } from '../store/role.ts';
import type { Store } from '../store/store.ts';
import { startPasses, type Passes } from '../supervisor/passes.ts';
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
/** They come in bursts. */
const afterRingMs = 200;
/** Between two looks at one pull request, however often somebody rings. */
const ringGapMs = 2_000;
/** Where there is no news the pause grows to this many times as long. */
const slowest = 10;

export interface Following extends Passes {
  /** Of pull requests something may be otherwise than before: they are looked at soon. */
  ring(news: News): void;
}

interface Watched {
  /** Where its pull request is; null until it was looked at. */
  remote: string | null;
  /** As its forge counts it; null until then. */
  number: number | null;
  /** Ms since the epoch: when it is looked at next, and before when it is not, whoever rings. */
  at: number;
  notBefore: number;
  pauseMs: number;
  /** Somebody rang while it was looked at: what was seen may be older. */
  rung: boolean;
}

/**
 * Looks at the pull requests of runs, one after the other with each host, and puts on record what became of them: merged accepts, closed rejects, a
 * request for changes begins a round. It asks and is not told: a laptop cannot be called from outside, and what is asked is nobody's
 * claim. Only who has the supervisor's role does.
 */
export const startFollowing = (options: FollowingOptions): Following => {
  const { store, role, everyMs, now, log } = options;
  const stop = new AbortController();
  const turn = turns(1);
  const watched = new Map<string, Watched>();
  const underWay = new Map<string, Promise<void>>();

  const begin = (run: string, watch: Watched): void => {
    watch.rung = false;
    const ended = lookOnce(options, { id: run, watch, turn, signal: stop.signal }).catch((error: unknown) => {
      log.error({ err: error, run }, 'a pull request could not be looked after');
      return { news: false, afterMs: 0 };
    });
    underWay.set(
      run,
      ended.then(({ news, afterMs }) => {
        underWay.delete(run);
        rest(watch, {
          pauseMs: news ? everyMs : Math.min(watch.pauseMs * 1.5, everyMs * slowest),
          afterMs,
          now: now(),
        });
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
        const watch = watched.get(run) ?? {
          remote: null,
          number: null,
          at: now(),
          notBefore: 0,
          pauseMs: everyMs,
          rung: false,
        };
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
    ...passes,
    ring: (news) => {
      for (const watch of watched.values()) rung(watch, news, now());
      // One that has not been looked at yet is looked at then, too.
      passes.wakeAt(now() + afterRingMs);
    },
    [Symbol.asyncDispose]: async () => {
      forget();
      stop.abort();
      await passes[Symbol.asyncDispose]();
      await Promise.all(underWay.values());
    },
  };
};

interface Looked {
  readonly news: boolean;
  /** How long nobody is to ask again (ms), if the other side said so. */
  readonly afterMs: number;
}

/** Looks at the pull request of a run, and puts on record what is otherwise than before. */
const lookOnce = async (
  { store, role, look, log }: FollowingOptions,
  {
    id,
    watch,
    turn,
    signal,
  }: {
    readonly id: string;
    readonly watch: Watched;
    readonly turn: ReturnType<typeof turns>;
    readonly signal: AbortSignal;
  },
): Promise<Looked> => {
  const nothing = { news: false, afterMs: 0 };
  const first = await store.state(id);
  if (first?.pullRequest == null) return nothing;
  watch.remote = first.pullRequest.remote;
  watch.number = Number(first.pullRequest.number);
  return turn(new URL(first.pullRequest.remote).host, async () => {
    // As it is now: it may have waited for others.
    const state = await store.state(id);
    if (state?.pullRequest == null || !isFollowed(state) || !role.held || signal.aborted) return nothing;
    const { pullRequest } = state;
    const { fence } = role;
    const { sighting, afterMs } = await sightingOf(
      () => look({ pullRequest, whyFailed: mayRepair(state), signal }),
      log,
    );
    if (signal.aborted && sighting.outcome === 'unseen') return nothing;
    const written = await store.command(id, { kind: 'seen', effect: pullRequest.effect, ...sighting }, { role: fence });
    const news = written.outcome === 'done' ? written.events.map(({ body }) => body.type) : [];
    if (news.length > 0) log.info({ run: id, pullRequest: pullRequest.url, news }, 'a pull request is otherwise');
    return { news: news.length > 0, afterMs };
  });
};

/** How long it is left alone after a look. */
const rest = (
  watch: Watched,
  { pauseMs, afterMs, now }: { readonly pauseMs: number; readonly afterMs: number; readonly now: number },
): void => {
  const askedMs = Math.min(afterMs, longestAskedMs);
  watch.pauseMs = pauseMs;
  watch.notBefore = now + Math.max(askedMs, ringGapMs);
  watch.at = watch.rung ? watch.notBefore : now + Math.max(pauseMs, askedMs);
};

/** What a look that is under way comes to is older than this: there is another one after it. */
const rung = (watch: Watched, { repository, pullRequests }: News, now: number): void => {
  if (watch.remote === null || !isSameRepository(watch.remote, repository)) return;
  if (pullRequests.length > 0 && watch.number !== null && !pullRequests.includes(watch.number)) return;
  watch.rung = true;
  watch.at = Math.min(watch.at, Math.max(now, watch.notBefore));
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
