import { setTimeout as pause } from 'node:timers/promises';
import { problemOf } from '../../../runner/cli/connection/problem.ts';
import { isTerminal, type RunState } from '../../../shared/run/state.ts';
import type { OutsideServer } from '../../harness/outside.ts';
import { repositoryWith } from '../../harness/repository.ts';
import type { Client } from '../../harness/rig.ts';
import type { Random } from '../../simulation/random.ts';
import { count, type Counted } from './count.ts';
import { bringUp, type Fault } from './faults.ts';
import { Feed } from './feed.ts';
import type { Ground } from './ground.ts';
import { Left } from './leave.ts';
import { deedFor, wasDone } from './person.ts';
import { files, input } from './scenario.ts';

/** What went wrong on purpose: `at` counts events. */
interface Struck {
  readonly at: number;
  readonly victim: Fault['victim'];
  readonly fault: string;
  readonly kill: boolean;
  /** Whether it befell somebody, and within the recovery from another. */
  readonly hit: boolean;
  readonly second: boolean;
}

export interface Played {
  readonly store: Ground['store'];
  readonly struck: readonly Struck[];
  readonly runs: readonly Counted[];
  readonly events: number;
  readonly effects: number;
  /** Sentences about all else that should not be. */
  readonly trouble: readonly string[];
  /** The folder where what happened is left for looking at; null: nothing was wrong. */
  readonly left: string | null;
}

export interface PlayOptions {
  /** How many are still to be killed: several grounds may share them. */
  readonly kills: { left: number };
  readonly random: Random;
  readonly outside: OutsideServer;
  /** Runs that are under way at the same time. */
  readonly atOnce?: number;
  /** Fires when nobody wants to wait for the end. */
  readonly signal?: AbortSignal;
  /** Called after each fault and each run. */
  readonly onProgress?: (played: Played) => void;
}

/**
 * Events between a recovery and the next fault, at most. A worker has one run, and a control plane or a database all of them: what
 * befalls those befalls every run, which needs some ten events to get further.
 */
const mostEvents = { worker: 12, plane: 60, database: 60 } as const;
/** So many faults have a second one within their recovery. */
const pairs = 0.15;
/** ms without any event in which a run that is under way must get further, whatever befell it. */
const patienceMs = 240_000;

export const isWrong = ({ lost, twice, failed }: Counted): boolean => lost.length + twice.length > 0 || failed !== null;

/** Has runs go on, new ones as old ones end, while this and that goes wrong at drawn events; the last ones are left in peace. */
export const playKills = async (ground: Ground, options: PlayOptions): Promise<Played> => {
  const repository = await repositoryWith(files);
  await using feed = new Feed(ground.rigs);
  const game = new Game(ground, feed, options);
  const { atOnce = 4 } = options;
  const striking = game.strike();
  const everybody = [striking, ...Array.from({ length: atOnce }, () => game.drive(repository))];
  try {
    await Promise.race([Promise.all(everybody), game.watch()]);
  } catch (error) {
    game.trouble.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  game.over = true;
  feed.wake();
  // Else what it brings up again would outlive the ground.
  await striking.catch(() => {});
  game.trouble.push(...feed.gaps);
  await game.leaveTrouble();
  return game.played;
};

class Game {
  readonly trouble: string[] = [];
  over = false;
  readonly #ground: Ground;
  readonly #feed: Feed;
  readonly #options: PlayOptions;
  readonly #struck: Struck[] = [];
  readonly #runs: Counted[] = [];
  readonly #left: Left;
  #long: Promise<unknown> = Promise.resolve();
  #tokens = 0;

  constructor(ground: Ground, feed: Feed, options: PlayOptions) {
    this.#ground = ground;
    this.#feed = feed;
    this.#options = options;
    this.#left = new Left(ground.store);
  }

  get #done(): boolean {
    return this.over || this.#options.kills.left <= 0;
  }

  get played(): Played {
    return {
      store: this.#ground.store,
      struck: [...this.#struck],
      runs: [...this.#runs],
      events: this.#feed.count,
      effects: this.#options.outside.requests.length,
      trouble: [...this.trouble],
      left: this.#left.folder,
    };
  }

  /** One fault after the other, and at times two at once. Resolves when all is there again. */
  async strike(): Promise<void> {
    await this.#strikeOn();
    await this.#long;
  }

  async #strikeOn(): Promise<void> {
    const { random } = this.#options;
    const { faults } = this.#ground;
    while (!this.#done) {
      const first = draw(faults, random);
      const from = this.#feed.count;
      const events = 1 + random.below(mostEvents[first.victim]);
      while (this.#feed.count < from + events && !this.#done) await this.#feed.changed;
      if (this.#done) return;
      const others = faults.filter(({ victim }) => victim !== first.victim);
      const second = random.chance(pairs) ? draw(others, random) : null;
      const laterMs = random.wait(300);
      await Promise.all([
        this.#befall(first, false),
        second === null ? null : pause(laterMs).then(() => this.#befall(second, true)),
      ]);
      await this.#attend();
    }
  }

  /** One that lasts long is not waited for, but there is one of them at a time. */
  async #befall(fault: Fault, second: boolean): Promise<void> {
    const { victim, name, kills } = fault;
    if (fault.long) await this.#long;
    const at = this.#feed.count;
    const struck = fault.strike().then((hit) => {
      if (hit && kills) this.#options.kills.left -= 1;
      this.#struck.push({ at, victim, fault: name, kill: kills, hit, second });
      this.#options.onProgress?.(this.played);
    });
    if (!fault.long) return struck;
    this.#long = struck.catch((error: unknown) => void this.trouble.push(`${victim} ${name}: ${String(error)}`));
  }

  /** Nobody who serves may end but by a fault. */
  async #attend(): Promise<void> {
    for (const rig of this.#ground.rigs)
      if (rig.exitCode !== null && rig.client !== null) {
        this.trouble.push(`A plane ended by itself, with ${rig.exitCode}: ${rig.output.slice(-2_000)}`);
        await rig.kill();
        await bringUp(rig);
      }
  }

  /** Delegates, and does what a person does, until the run is over; then the next. */
  async drive(repository: string): Promise<void> {
    while (!this.#done) {
      this.#tokens += 1;
      const token = `k${this.#tokens}`;
      const delegation = { ...input(token), repository, dedupeKey: token };
      const { id } = await this.#insist((api, signal) => api.runs.delegate.mutate(delegation, { signal }));
      const ended = await this.#end(id);
      if (ended === null) return;
      const patch =
        ended.state.result === null
          ? null
          : (await this.#insist((api, signal) => api.runs.diff.query({ run: id }, { signal }))).patch;
      const counted = count({ ...ended, patch }, { token, requests: this.#options.outside.requests });
      this.#runs.push(counted);
      if (isWrong(counted)) await this.#left.put(`run-${token}.json`, { counted, patch, ...ended });
      this.#feed.drop(id);
      this.#options.onProgress?.(this.played);
    }
  }

  /** The run when it is over; null: the game is, before it. */
  async #end(id: string) {
    let actedOn = 0;
    while (!this.over) {
      const followed = this.#feed.of(id);
      if (followed !== null && isTerminal(followed.state)) return followed;
      const deed = followed === null || followed.state.seq === actedOn ? null : deedFor(followed.state);
      if (deed === null || followed === null) await this.#feed.changed;
      else {
        actedOn = followed.state.seq;
        await this.#insist((api, signal) =>
          deed(api, signal).catch((error: unknown) => {
            if (!wasDone(error)) throw error;
          }),
        );
      }
    }
    return null;
  }

  /** Whoever serves may be gone at any time, or not answer: asks again, of whoever is there. */
  async #insist<Answer>(ask: (api: Client, signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
    const { rigs } = this.#ground;
    for (let attempt = 0; ; attempt += 1) {
      if (this.over) throw new Error('the game is over');
      try {
        const api = rigs[attempt % rigs.length]?.client ?? null;
        if (api !== null) return await ask(api, AbortSignal.timeout(10_000));
      } catch (error) {
        if (!isAway(error)) throw error;
      }
      await pause(100);
    }
  }

  /** Throws when nothing happens any more though there is something to do. */
  async watch(): Promise<never> {
    for (;;) {
      await pause(1_000, undefined, { ref: false });
      if (this.#options.signal?.aborted === true) throw new Error('It was interrupted.');
      if (this.over) return new Promise(() => {});
      if (performance.now() - this.#feed.lastAt < patienceMs) continue;
      const open = this.#feed.open.map(({ state }) => describe(state));
      throw new Error(`Nothing happened for ${patienceMs / 1000} s:\n${open.join('\n')}`);
    }
  }

  /** Where something was wrong, leaves what is needed to understand it. */
  async leaveTrouble(): Promise<void> {
    const unfinished = this.trouble.length === 0 ? [] : this.#feed.open;
    for (const followed of unfinished) await this.#left.put(`run-${followed.state.id}.json`, followed);
    if (this.#left.folder === null && this.trouble.length === 0) return;
    for (const [index, { output }] of this.#ground.rigs.entries())
      await this.#left.put(`plane-${index + 1}.log`, output);
    await this.#left.put('played.json', this.played);
  }
}

const describe = (state: RunState): string => `${state.id} is ${state.status} at event ${state.seq}`;

const draw = (faults: readonly Fault[], random: Random): Fault => {
  let at = random.next() * faults.reduce((sum, { weight }) => sum + weight, 0);
  for (const fault of faults) if ((at -= fault.weight) < 0) return fault;
  throw new Error('there is nothing to draw from');
};

/** The answer of one that is not there, or has not what it needs, or does not answer in time. */
const isAway = (error: unknown): boolean =>
  ['unreachable', 'unavailable'].includes(problemOf(error)?.code ?? '') ||
  /abort|timeout|terminated/i.test(String(error));
