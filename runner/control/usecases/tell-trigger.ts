import { RefusedError } from '../../../shared/api/router.ts';
import type { ListedTrigger, Standing } from '../../../shared/api/triggers.ts';
import { isWithin, wantedBy } from '../../../shared/recipe/trigger.ts';
import { jitterOf } from '../../local/schedule.ts';
import { goneFrom, type Definition, type UsableTrigger } from '../../machine/triggers/definitions.ts';
import type { TriggerKey, TriggerRow } from '../store/store.ts';
import { dueNow } from '../triggers/due.ts';
import { mostFailures, notAgreed } from '../triggers/firing.ts';
import { toldRefusal } from '../triggers/known-definitions.ts';
import { refused, type ControlPlane } from './plane.ts';
import { authorityOf } from './triggering.ts';

export interface Told {
  readonly key: TriggerKey;
  readonly row: TriggerRow | null;
  readonly definition: Definition | null;
  readonly problem: string | null;
}

/** As lists and details have it. */
export const tellOf = async (plane: ControlPlane, { key, row, definition, problem }: Told): Promise<ListedTrigger> => {
  const run = row?.run == null ? null : await plane.store.state(row.run);
  const usable = definition === null || definition.outcome === 'refused' ? null : definition;
  const now = plane.now();
  const nextAt =
    usable?.outcome !== 'scheduled' || row?.enabled !== true
      ? null
      : dueNow({
          schedule: usable.schedule,
          missed: usable.trigger.missed,
          jitterMs: jitterOf(key, usable.trigger),
          handledAt: row.handledAt,
          now,
        }).nextAt;
  const broken = definition === null ? (problem ?? goneFrom(key)) : null;
  return {
    repository: key.repository,
    name: key.name,
    standing: standingOf(row),
    enabledBy: row?.enabled === true ? row.by : null,
    trigger: usable?.trigger ?? null,
    problem:
      definition?.outcome === 'refused'
        ? definition.problem
        : (broken ??
          (usable === null || row?.enabled !== true ? null : wrongNow(plane, row, usable)) ??
          row?.problem ??
          null),
    nextAt: nextAt === null ? null : new Date(nextAt).toISOString(),
    last:
      run === null || row === null
        ? null
        : {
            run: run.id,
            number: run.number,
            status: run.status,
            at: run.createdAt,
            dueAt: row.dueAt === null ? null : new Date(row.dueAt).toISOString(),
          },
    spent: row === null ? { runs: 0, usd: 0, unpriced: 0 } : await plane.store.spentBy(key, now - spentMs),
  };
};

/** As far back as what came of triggers is kept. */
const spentMs = 30 * 24 * 3_600_000;

const standingOf = (row: TriggerRow | null): Standing => {
  if (row === null) return 'off';
  if (row.enabled) return 'on';
  return row.failures >= mostFailures ? 'stopped' : 'paused';
};

/** Why nobody tells this runner of what a trigger waits for; null: somebody does. */
export const unheard = (
  { remotes, webhooks }: ControlPlane,
  { repository, tenant }: TriggerKey,
  definition: UsableTrigger,
): RefusedError | null => {
  if (definition.outcome !== 'on event') return null;
  const { source, kind } = wantedBy(definition.trigger);
  if (source === 'webhook')
    return webhooks.get(kind)?.tenant === tenant
      ? null
      : refused(
          'invalid',
          `This runner hears no webhook ${kind} for ${tenant}.`,
          'Its operator can set it up: webhooks: [{ name: …, secretVariable: … }] in its config.yaml, with that variable set where it is started.',
        );
  if (repository.startsWith('/'))
    return refused(
      'invalid',
      'What happens on GitHub is heard of for a repository there, and this is a folder.',
      'Name it: longhaul triggers enable … --repo https://github.com/owner/name',
    );
  return remotes.allowed(repository)?.webhookSecret == null
    ? refused(
        'invalid',
        `This runner hears of nothing that happens at ${repository}.`,
        'Its operator can set it up: webhookSecretVariable beside github (remotes in its config.yaml; docs/github.md), with that variable set where it is started, to 16 characters or more.',
      )
    : null;
};

/** What is wrong with a trigger that is enabled, as things stand now; null: nothing. */
const wrongNow = (plane: ControlPlane, row: TriggerRow, definition: UsableTrigger): string | null => {
  const silent = unheard(plane, row, definition);
  if (silent !== null) return toldRefusal(silent);
  try {
    authorityOf(plane, row);
  } catch (error) {
    if (error instanceof RefusedError) return toldRefusal(error);
    throw error;
  }
  const { publish } = definition.trigger;
  return isWithin(publish, row.publishes) ? null : notAgreed(row, publish);
};
