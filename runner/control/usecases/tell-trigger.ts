import type { ListedTrigger, Standing, TriggeredRun } from '../../../shared/api/triggers.ts';
import { checksOf, type RunState } from '../../../shared/run/state.ts';
import { jitterOf } from '../../local/schedule.ts';
import type { RepositorySettings } from '../../machine/repository/settings.ts';
import type { Definition } from '../../machine/triggers/definitions.ts';
import type { TriggerKey, TriggerRow } from '../store/store.ts';
import { another, gone } from '../triggers/configured.ts';
import { dueNow } from '../triggers/due.ts';
import { failuresOf, mostFailures, stopped } from '../triggers/firing.ts';
import { uncounted } from './counted-money.ts';
import type { ControlPlane } from './plane.ts';
import { agreedHash, unsuited, wrongNow } from './trigger-checks.ts';

export interface Told {
  readonly key: TriggerKey;
  readonly row: TriggerRow | null;
  readonly definition: Definition | null;
  readonly settings: RepositorySettings | null;
  readonly problem: string | null;
}

/** As lists and details have it. */
export const tellOf = async (
  plane: ControlPlane,
  { key, row, definition, settings, problem }: Told,
): Promise<ListedTrigger> => {
  // One that nobody ever enabled may have been fired all the same.
  const begun =
    row === null ? ((await plane.store.firings(key, 1)).find((firing) => firing.run !== null)?.run ?? null) : row.run;
  const run = begun === null ? null : await plane.store.state(begun);
  const usable = definition === null || definition.outcome === 'refused' ? null : definition;
  // What somebody enabled is another's by now.
  const isAnother = row?.enabled === true && definition !== null && row.origin !== definition.origin;
  const now = plane.now();
  // What would be found out when it is due the next time is told now.
  const isStopping = row?.enabled === true && failuresOf(row, run) >= mostFailures;
  const nextAt =
    usable?.outcome !== 'scheduled' || row?.enabled !== true || isStopping || isAnother
      ? null
      : dueNow({
          schedule: usable.schedule,
          missed: usable.trigger.missed,
          jitterMs: jitterOf(key, usable.trigger),
          handledAt: row.handledAt,
          now,
        }).nextAt;
  const origin = definition?.origin ?? row?.origin ?? 'repository';
  // Of one that the configuration has, its repository says nothing.
  const broken = problem ?? (definition === null ? gone({ ...key, origin }) : null);
  return {
    repository: key.repository,
    name: key.name,
    origin,
    standing: isStopping ? 'stopped' : standingOf(row),
    enabledBy: row?.enabled === true ? row.by : null,
    trigger: usable?.trigger ?? null,
    hash: usable === null || problem !== null ? null : agreedHash(usable, settings),
    problem:
      definition?.outcome === 'refused'
        ? definition.problem
        : (broken ??
          (isAnother ? another(key, origin) : null) ??
          (isStopping ? stopped(row, run) : null) ??
          (usable === null
            ? null
            : row?.enabled === true
              ? await wrongNow(plane, row, { definition: usable, settings })
              : (unsuited(usable, settings) ?? (await uncounted(plane, usable, settings)))) ??
          row?.problem ??
          null),
    nextAt: nextAt === null ? null : new Date(nextAt).toISOString(),
    last:
      run === null
        ? null
        : {
            ...triggered(run),
            at: run.createdAt,
            dueAt: row?.dueAt == null ? null : new Date(row.dueAt).toISOString(),
          },
    spent: await plane.store.spentBy(key, now - spentMs),
  };
};

/** Of a repository's own that has the name of one that its operator wrote: it can be nothing but looked at. */
export const tellUnused = ({ repository, name }: TriggerKey, { origin, ...definition }: Definition): ListedTrigger => ({
  repository,
  name,
  origin,
  standing: 'off',
  enabledBy: null,
  trigger: null,
  hash: null,
  problem: definition.outcome === 'refused' ? definition.problem : null,
  nextAt: null,
  last: null,
  spent: { runs: 0, usd: 0, unpriced: 0 },
});

/** As lists and details have a run. */
export const triggered = (state: RunState): TriggeredRun => ({
  run: state.id,
  number: state.number,
  status: state.status,
  failedChecks: checksOf(state).failed,
});

/** As far back as what came of triggers is kept. */
const spentMs = 30 * 24 * 3_600_000;

export const standingOf = (row: TriggerRow | null): Standing => {
  if (row === null) return 'off';
  if (row.enabled) return 'on';
  return row.failures >= mostFailures ? 'stopped' : 'paused';
};
