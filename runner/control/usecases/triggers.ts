import { createHash } from 'node:crypto';
import { DelegateInput, PreviewInput, type Principal } from '../../../shared/api/runner-api.ts';
import { RefusedError } from '../../../shared/api/router.ts';
import type { FireInput, ListedTrigger, TriggerInput, TriggersInput } from '../../../shared/api/triggers.ts';
import { TriggerName } from '../../../shared/recipe/trigger.ts';
import type { RunState } from '../../../shared/run/state.ts';
import type { RepositorySettings } from '../../machine/repository/settings.ts';
import { findRepository } from '../../machine/repository/user-repository.ts';
import { definitionsIn, goneFrom, type Definition } from '../../machine/triggers/definitions.ts';
import { jitterOf } from '../../machine/triggers/schedule.ts';
import type { TriggerKey, TriggerRow } from '../store/store.ts';
import type { SchedulesOptions } from '../triggers/schedules.ts';
import { dueNow } from '../triggers/due.ts';
import { delegate } from './delegate.ts';
import { settingsOfRepository } from './delegate-source.ts';
import { asPerson, mustBeLocal, refused, type ControlPlane, type Person } from './plane.ts';
import { preview } from './preview.ts';

/** Those of a repository's default branch and those that somebody enabled; the broken ones with what is wrong with them. Throws RefusedError. */
export const triggers = async (
  plane: ControlPlane,
  caller: Principal,
  { repository: wanted }: TriggersInput,
): Promise<readonly ListedTrigger[]> => {
  const person = asPerson(caller);
  const repository = wanted === null ? null : await named(person, wanted);
  const rows = (await plane.store.triggers(person.tenant)).filter(
    (row) => repository === null || row.repository === repository,
  );
  const repositories = repository === null ? [...new Set(rows.map((row) => row.repository))] : [repository];
  const listed = repositories.map(async (each) => {
    const own = rows.filter((row) => row.repository === each);
    const { settings, problem, error } = await settingsFor(plane, person, each);
    // There is nothing else to be told.
    if (error !== null && own.length === 0) throw error;
    const definitions = settings === null ? [] : definitionsIn(settings.triggers, settings.branch);
    const names = new Set([...(repository === null ? [] : definitions), ...own].map(({ name }) => name));
    return Promise.all(
      [...names].toSorted().map((name) =>
        tellOf(plane, {
          key: { tenant: person.tenant, repository: each, name },
          row: own.find((row) => row.name === name) ?? null,
          definition: definitions.find((definition) => definition.name === name) ?? null,
          problem,
        }),
      ),
    );
  });
  return (await Promise.all(listed)).flat();
};

/** Null with the reason, where it cannot be read, or this person may not know what it says. */
const settingsFor = async (plane: ControlPlane, person: Person, repository: string) => {
  if (repository.startsWith('/') && !person.local)
    return { settings: null, problem: 'What it says is shown on the runner’s own machine alone.', error: null };
  try {
    return { settings: await settingsOfRepository(plane, repository), problem: null, error: null };
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    return { settings: null, problem: `${error.refusal.message} ${error.refusal.remedy}`, error };
  }
};

interface Told {
  readonly key: TriggerKey;
  readonly row: TriggerRow | null;
  readonly definition: Definition | null;
  readonly problem: string | null;
}

const tellOf = async (plane: ControlPlane, { key, row, definition, problem }: Told): Promise<ListedTrigger> => {
  const run = row?.run == null ? null : await plane.store.state(row.run);
  const usable = definition?.outcome === 'ok' ? definition : null;
  const now = plane.now();
  const nextAt =
    usable === null || row?.enabled !== true
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
    enabledBy: row?.enabled === true ? row.by : null,
    trigger: usable?.trigger ?? null,
    problem: definition?.outcome === 'refused' ? definition.problem : (broken ?? row?.problem ?? null),
    nextAt: nextAt === null ? null : new Date(nextAt).toISOString(),
    last:
      run === null || row === null
        ? null
        : {
            run: run.id,
            number: run.number,
            status: run.status,
            dueAt: row.dueAt === null ? null : new Date(row.dueAt).toISOString(),
          },
  };
};

/** From now on it begins runs, with the authority of whoever says so. Throws RefusedError for one that there is not, or that cannot be used. */
export const enableTrigger = async (
  plane: ControlPlane,
  caller: Principal,
  input: TriggerInput,
): Promise<ListedTrigger> => {
  const person = asPerson(caller);
  const key = await keyOf(person, input);
  const { definition, settings } = await usable(plane, key);
  await mustBegin(plane, person, { key, definition, settings });
  await plane.store.enableTrigger(key, person.name);
  plane.lookAtTriggers();
  plane.log.info({ ...key, by: person.name }, 'a trigger was enabled');
  return told(plane, key, definition);
};

/** Whoever was faster had the same wish. What it began goes on. Throws RefusedError for one that nobody enabled. */
export const disableTrigger = async (
  plane: ControlPlane,
  caller: Principal,
  input: TriggerInput,
): Promise<ListedTrigger> => {
  const person = asPerson(caller);
  // Its folder may be gone.
  const asSaid = { tenant: person.tenant, repository: input.repository, name: input.name };
  const key = (await rowOf(plane, asSaid)) === null ? await keyOf(person, input) : asSaid;
  if ((await rowOf(plane, key)) === null)
    throw refused('not_found', `Nobody enabled a trigger ${key.name} of ${key.repository}.`, 'See: longhaul triggers');
  await plane.store.disableTrigger(key);
  plane.log.info({ ...key, by: person.name }, 'a trigger was disabled');
  const { settings } = await settingsFor(plane, person, key.repository);
  const found = settings === null ? [] : definitionsIn(settings.triggers, settings.branch);
  return told(plane, key, found.find(({ name }) => name === key.name) ?? null);
};

/** Begins its run now, with the authority of whoever fires it, enabled or not. Throws RefusedError. */
export const fireTrigger = async (plane: ControlPlane, caller: Principal, input: FireInput): Promise<RunState> => {
  const person = asPerson(caller);
  const key = await keyOf(person, input);
  const { definition, settings } = await usable(plane, key);
  const run = await begin(plane, person, {
    key,
    definition,
    settings,
    due: `by hand ${input.key}`,
    note: `Begun by the trigger ${key.name}, which ${person.name} fired.`,
  });
  const row = await rowOf(plane, key);
  if (row !== null) {
    const { handledAt, failures, problem } = row;
    await plane.store.triggerHandled(key, {
      handledAt,
      failures,
      problem,
      began: { run: run.id, dueAt: null },
      stop: false,
    });
  }
  return run;
};

/** What the supervisor needs to begin runs of triggers. */
export const triggering = (plane: ControlPlane): Pick<SchedulesOptions, 'definitions' | 'begin'> => ({
  definitions: async (repository) => {
    const settings = await settingsOfRepository(plane, repository);
    return settings === null ? [] : definitionsIn(settings.triggers, settings.branch);
  },
  begin: async (row, definition, dueAt) => {
    const due = new Date(dueAt).toISOString();
    const settings = await settingsOfRepository(plane, row.repository);
    const note = `Begun by the trigger ${row.name}, which ${row.by} enabled, for ${due.slice(0, 16).replace('T', ' ')} UTC.`;
    // Only who may name paths could enable a trigger of one.
    const person: Person = {
      kind: 'person',
      name: row.by,
      tenant: row.tenant,
      role: 'developer',
      local: row.repository.startsWith('/'),
    };
    return begin(plane, person, { key: row, definition, settings, due, note });
  },
});

type Usable = Extract<Definition, { outcome: 'ok' }>;

interface Beginning {
  readonly key: TriggerKey;
  readonly definition: Usable;
  readonly settings: RepositorySettings | null;
  /** What makes this run one of its own: asked for again, it is the same. */
  readonly due: string;
  readonly note: string;
}

/** What would be refused when it is due is refused now, while somebody is there to hear it. */
const mustBegin = async (
  plane: ControlPlane,
  person: Person,
  { key: { repository }, definition, settings }: Pick<Beginning, 'key' | 'definition' | 'settings'>,
): Promise<void> => {
  const { recipe, goal } = definition.trigger;
  const delegation = { goal, repository };
  const files = [...(settings?.files ?? [])];
  const input = PreviewInput.parse({ settings: { kind: 'files', files }, recipe, delegation });
  await preview(plane, person, input).catch((error: unknown) => {
    if (!(error instanceof RefusedError) || error.refusal.code !== 'untrusted') throw error;
    const { refusal } = error;
    const remedy = `If that is right, say so once with a delegation there: longhaul delegate … --trust ${refusal.hash}. Then enable it.`;
    throw new RefusedError({ ...refusal, remedy });
  });
};

const begin = (
  plane: ControlPlane,
  person: Person,
  { key: { repository, name }, definition, settings, due, note }: Beginning,
): Promise<RunState> => {
  const { recipe, goal } = definition.trigger;
  const trigger = createHash('sha256')
    .update(JSON.stringify([repository, name]))
    .digest('hex')
    .slice(0, 32);
  const local = repository.startsWith('/');
  const input = DelegateInput.parse({
    goal,
    recipe,
    repository,
    ...(local
      ? { base: { commit: settings?.branch ?? 'HEAD' } }
      : { source: { kind: 'remote', url: repository, ref: null } }),
    dedupeKey: `trigger:${trigger}:${due}`,
  });
  return delegate(plane, person, { ...input, notes: [note] });
};

const keyOf = async (person: Person, { repository, name }: TriggerInput): Promise<TriggerKey> => ({
  tenant: person.tenant,
  repository: await named(person, repository),
  name,
});

/** What a repository is called whose folder, or a folder in it, or URL a person gives. Throws RefusedError. */
const named = async (person: Person, repository: string): Promise<string> => {
  if (!repository.startsWith('/')) return repository;
  mustBeLocal(person, 'name a folder there');
  const found = await findRepository(repository);
  if ('root' in found) return found.root;
  throw refused('invalid', found.reason, found.remedy);
};

const rowOf = async ({ store }: ControlPlane, key: TriggerKey): Promise<TriggerRow | null> =>
  (await store.triggers(key.tenant)).find(
    ({ repository, name }) => repository === key.repository && name === key.name,
  ) ?? null;

const told = async (plane: ControlPlane, key: TriggerKey, definition: Definition | null): Promise<ListedTrigger> =>
  tellOf(plane, { key, row: await rowOf(plane, key), definition, problem: null });

/** Throws RefusedError where the default branch has none of this name. */
const found = async (plane: ControlPlane, key: TriggerKey) => {
  const settings = await settingsOfRepository(plane, key.repository);
  const definitions = settings === null ? [] : definitionsIn(settings.triggers, settings.branch);
  const definition = definitions.find(({ name }) => name === key.name);
  if (definition !== undefined) return { definition, settings };
  const names = definitions
    .map(({ name }) => name)
    .filter((name) => TriggerName.safeParse(name).success)
    .join(', ');
  throw refused('not_found', goneFrom(key), names === '' ? 'Commit it to the default branch.' : `There are: ${names}.`);
};

const usable = async (plane: ControlPlane, key: TriggerKey) => {
  const { definition, settings } = await found(plane, key);
  if (definition.outcome === 'ok') return { definition, settings };
  throw refused('invalid', definition.problem, 'Correct it there and commit. Try it first: longhaul triggers check');
};
