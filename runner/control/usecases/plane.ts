import type { Logger } from 'pino';
import { RefusedError } from '../../../shared/api/router.ts';
import type { Principal } from '../../../shared/api/runner-api.ts';
import type { Command } from '../../../shared/run/command.ts';
import type { ModelPrice } from '../../../shared/recipe/preview.ts';
import { refuse, type Refusal } from '../../../shared/run/refusal.ts';
import type { RunState } from '../../../shared/run/state.ts';
import type { RunnerConfig } from '../../machine/config/config.ts';
import type { Home } from '../../machine/home/home.ts';
import type { Engine } from '../engine/engine.ts';
import type { Remotes } from '../remotes/remotes.ts';
import type { Store } from '../store/store.ts';
import type { Blobs } from '../blobs/blobs.ts';
import type { LiveOutputs } from '../live/live-outputs.ts';
import type { KnownWebhooks } from '../triggers/arrivals.ts';

/** What the use cases work with. */
export interface ControlPlane {
  readonly store: Store;
  readonly engine: Engine;
  readonly blobs: Blobs;
  readonly remotes: Remotes;
  /** Those that are heard. */
  readonly webhooks: KnownWebhooks;
  /**
   * Where a run's source and its checkpoints are: in its folder here alone, or uploaded as well, because its next worker may be on another
   * machine. The one rule for all that asks.
   */
  readonly keep: 'local' | 'uploaded';
  /** Of commands that run now. */
  readonly outputs: LiveOutputs;
  readonly home: Home;
  /** Stays the same for a home: makes ids of runs from dedupe keys. */
  readonly dedupeSecret: Buffer;
  readonly config: RunnerConfig;
  readonly log: Logger;
  /** What a model's calls cost at the endpoint of these settings; null: nobody knows. */
  readonly priceOf: (model: string) => Promise<ModelPrice | null>;
  readonly version: string;
  /** ISO. */
  readonly startedAt: string;
  /** Ms since the epoch. */
  readonly now: () => number;
  /** Fires when the runner stops: feeds end, and their readers come back. */
  readonly closing: AbortSignal;
  /** Has it looked at now whether a trigger is due. */
  readonly lookAtTriggers: () => void;
  /** Stops the runner, after this answer. */
  readonly shutdown: () => void;
}

export type Person = Extract<Principal, { kind: 'person' }>;

export const refused = (code: Exclude<Refusal['code'], 'untrusted'>, message: string, remedy: string): RefusedError =>
  new RefusedError(refuse(code, message, remedy).refusal);

/** The router lets only people through to RunnerApi; a worker's token here would be a bug in it. */
export const asPerson = (caller: Principal): Person => {
  if (caller.kind === 'person') return caller;
  throw refused('denied', 'This is for people; a run token speaks for one activation alone.', 'Use your own token.');
};

export const actor = ({ name }: Person): string => `person:${name}`.slice(0, 200);

/** The run, if the caller's tenant has it. Another tenant's run is as unknown as one that never was. Throws RefusedError. */
export const runOf = async ({ store }: ControlPlane, { tenant }: Person, run: string): Promise<RunState> => {
  const state = await store.state(run);
  if (state !== null && state.task.tenant === tenant) return state;
  throw refused('not_found', `There is no run ${run}.`, 'List the runs there are with: longhaul runs');
};

/** Does something to a run of the caller's tenant. Throws RefusedError where the run, as it is, does not allow it. */
export const commandRun = async (
  plane: ControlPlane,
  caller: Principal,
  { run, command }: { readonly run: string; readonly command: (by: string) => Command },
): Promise<RunState> => {
  const person = asPerson(caller);
  await runOf(plane, person, run);
  const written = await plane.store.command(run, command(actor(person)));
  if (written.outcome === 'refused') throw new RefusedError(written.refusal);
  return written.state;
};

/** What only the person at the runner's own machine may do. Throws RefusedError. */
export const mustBeLocal = (person: Person, what: string): void => {
  if (person.local) return;
  throw refused(
    'denied',
    `Only the owner of this runner, on its own machine, may ${what}.`,
    'Do it there, with the token in the runner’s home.',
  );
};
