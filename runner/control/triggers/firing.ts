import type { Logger } from 'pino';
import { RefusedError } from '../../../shared/api/router.ts';
import { isWithin, type Publishes, type Trigger } from '../../../shared/recipe/trigger.ts';
import { outputName, type WantedOutput } from '../../../shared/run/output.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { cost, plural } from '../../../shared/text/figures.ts';
import type { Firing, Store, TriggerKey, TriggerRow } from '../store/store.ts';
import { enableCommand } from './commands.ts';
import { toldRefusal } from './known-definitions.ts';

/** So many failures one after the other, and it stops: what fails each night costs each night. */
export const mostFailures = 3;

/** What a trigger is due for. `when`: completes "No run was begun for …". */
export interface Due {
  readonly event: string;
  readonly when: string;
  readonly about: string;
  readonly url: string | null;
  /** The schedule's time; null: it was no schedule. Ms since the epoch. */
  readonly dueAt: number | null;
  /** What is dealt with up to then, with this. */
  readonly handledAt: number;
}

export interface FireOptions {
  readonly store: Pick<Store, 'triggerHandled' | 'state' | 'spentBy'>;
  readonly now: () => number;
  readonly log: Logger;
}

type Begun = Pick<RunState, 'id' | 'number'> & { readonly task: Pick<RunState['task'], 'output'> };

export interface Fired {
  readonly row: TriggerRow;
  /** It begins no more: its runs fail, or have spent what a day has. */
  readonly stopped: boolean;
}

/**
 * Begins the run that a trigger is due for, or puts on record why it does not: the run before has come to no result, runs fail one after the
 * other, or it is refused. `row`: as it stands; returns it as it is then. What else is thrown leaves it as it was.
 */
export const fire = async (
  options: FireOptions,
  row: TriggerRow,
  { trigger, due, begin }: { readonly trigger: Trigger; readonly due: Due; readonly begin: () => Promise<Begun> },
): Promise<Fired> => {
  const { store, log } = options;
  const before = row.run === null ? null : await store.state(row.run);
  const failures = failuresOf(row, before);
  const passOver = async (said: string, problem = said): Promise<Fired> => {
    await handled(options, row, { due, failures: row.failures, problem, run: null, said });
    return { row: { ...row, problem }, stopped: false };
  };
  if (failures >= mostFailures) {
    log.warn({ repository: row.repository, trigger: row.name, failures }, 'a trigger was stopped: its runs fail');
    const problem = stopped(row, before);
    await handled(options, row, { due, failures, problem, run: null, said: problem, stop: true });
    return { row: { ...row, enabled: false, failures, problem }, stopped: true };
  }
  const overspent = await overspentBy(options, row, trigger);
  if (overspent !== null) {
    log.warn({ repository: row.repository, trigger: row.name, overspent }, 'a trigger was paused: its budget is spent');
    await handled(options, row, { due, failures, problem: overspent, run: null, said: overspent, stop: true });
    return { row: { ...row, enabled: false, failures, problem: overspent }, stopped: true };
  }
  if (trigger.whileOpen === 'skip' && before !== null && isUnderWay(before))
    return passOver(
      `No run was begun for ${due.when}: run ${before.number}, the one before, had come to no result yet.`,
    );
  let begun: Begun;
  try {
    begun = await begin();
  } catch (error) {
    // What passes is tried again.
    if (!(error instanceof RefusedError) || error.refusal.code === 'unavailable') throw error;
    return passOver(`No run was begun for ${due.when}: ${toldRefusal(error)}`);
  }
  log.info({ run: begun.id, number: begun.number, trigger: row.name, due: due.event }, 'a trigger began a run');
  // Each run counts once, when another one comes after it.
  const { publish, ciRepairs } = trigger;
  const problem = notAgreed(row, { publish, output: begun.task.output.kind });
  const outcome = { due, failures, problem, run: begun.id, said: null };
  await handled(options, row, { ...outcome, publish: problem === null ? publish : 'no', ciRepairs });
  return { row: { ...row, run: begun.id, failures, problem }, stopped: false };
};

const dayMs = 24 * 60 * 60_000;

/** Why it is paused now; null: its runs of a day have spent less than its file allows, since somebody enabled it. */
const overspentBy = async (
  { store, now }: Pick<FireOptions, 'store' | 'now'>,
  row: TriggerRow,
  { usdPerDay }: Trigger,
): Promise<string | null> => {
  if (usdPerDay === null) return null;
  const { runs, usd, unpriced } = await store.spentBy(row, Math.max(row.enabledAt - 1, now() - dayMs));
  if (usd < usdPerDay) return null;
  return `It was paused: the ${plural(runs, 'run')} that it began within a day have spent ${cost(usd, unpriced === 0)} of $${usdPerDay} (usdPerDay). To go on: ${enableCommand(row)}`;
};

interface Outcome {
  readonly due: Due;
  readonly failures: number;
  readonly problem: string | null;
  readonly run: string | null;
  readonly said: string | null;
  readonly stop?: boolean;
  readonly publish?: Publishes;
  readonly ciRepairs?: number;
}

/** Puts on record what came of what a trigger was due for. */
export const handled = (
  { store, now }: Pick<FireOptions, 'store' | 'now'>,
  key: TriggerKey,
  { due, failures, problem, run, said, stop = false, publish = 'no', ciRepairs = 0 }: Outcome,
): Promise<void> => {
  const { event, about, url, dueAt, handledAt } = due;
  const firing: Firing = { event, at: now(), about, url, run, said, publish, ciRepairs };
  const began = run === null ? null : { run, dueAt };
  return store.triggerHandled(key, { handledAt, failures, problem, began, firing, stop });
};

/** Says what is wrong with it, once. */
export const tellProblem = async ({ store, log }: FireOptions, row: TriggerRow, problem: string): Promise<void> => {
  if (row.problem === problem) return;
  log.warn({ repository: row.repository, trigger: row.name, problem }, 'a trigger cannot begin runs');
  const { handledAt, failures } = row;
  await store.triggerHandled(row, { handledAt, failures, problem, began: null, firing: null, stop: false });
};

/**
 * Why what a trigger begins is not published by itself, though its file says so: whoever enabled it agreed to less, or to another kind of result.
 * Null: it is.
 */
export const notAgreed = (
  { by, publishes, output: agreed, ...key }: Pick<TriggerRow, 'name' | 'repository' | 'by' | 'publishes' | 'output'>,
  { publish, output }: { readonly publish: Publishes; readonly output: WantedOutput['kind'] },
): string | null => {
  if (publish === 'no') return null;
  const remedy = `If that is right: ${enableCommand(key)}`;
  if (!isWithin(publish, publishes))
    return `What it begins is not published by itself: its file says "publish: ${publish}", which it did not when ${by} enabled it. ${remedy}`;
  return output === agreed
    ? null
    : `What it begins is not published by itself: its recipe's output has become ${outputName(output)}, and was ${outputName(agreed)} when ${by} enabled it. ${remedy}`;
};

const isUnderWay = ({ status }: RunState): boolean => ['queued', 'working', 'ready', 'waiting'].includes(status);

/** Runs of it that failed one after the other. `before`: its last one. */
export const failuresOf = ({ failures }: Pick<TriggerRow, 'failures'>, before: RunState | null): number =>
  before?.status === 'failed' ? failures + 1 : 0;

/** Why one begins no more. `before`: its last run. */
export const stopped = (row: TriggerRow, before: RunState | null): string =>
  `It was stopped, because its last ${mostFailures} runs failed. See why: longhaul show ${before?.number ?? ''}. Then: ${enableCommand(row)}`;
