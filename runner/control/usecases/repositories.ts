import {
  RepositoryLook,
  type AddedRepository,
  type ListedRepository,
  type RemovedRepository,
  type RepositoriesInput,
  type RepositoryFault,
  type RepositoryInput,
} from '../../../shared/api/repositories.ts';
import type { Principal } from '../../../shared/api/runner-api.ts';
import { RefusedError } from '../../../shared/api/router.ts';
import { addressKey } from '../../../shared/recipe/repository-address.ts';
import { RemoteUrl } from '../../../shared/run/source.ts';
import { turns } from '../../machine/turns.ts';
import type { RepositoryRow, RunsOfRepository } from '../store/repository-records.ts';
import type { TriggerRow } from '../store/store.ts';
import { failuresOf, mostFailures } from '../triggers/firing.ts';
import { asPerson, mustBeLocal, refused, type ControlPlane, type Person } from './plane.ts';
import { allowedRemote } from './remotes.ts';
import { lookAgain, lookAt } from './repository-look.ts';
import { standingOf } from './tell-trigger.ts';
import { named, triggersOf } from './triggers.ts';

/** As far back as runs count as lately begun. */
const latelyMs = 30 * 24 * 3_600_000;
/** Repositories that are read at once. */
const mostAtOnce = 4;

/** All that is on record of a repository for a tenant. */
interface Known {
  readonly repository: string;
  readonly row: RepositoryRow | null;
  readonly triggers: readonly TriggerRow[];
  readonly runs: Pick<RunsOfRepository, 'open' | 'lately'>;
}

/**
 * What this runner works on for a tenant. Asks nobody but the store, unless they are to be read anew: then each that the caller may
 * have read is, a few at a time.
 */
export const repositories = async (
  plane: ControlPlane,
  caller: Principal,
  { check }: RepositoriesInput,
): Promise<readonly ListedRepository[]> => {
  const person = asPerson(caller);
  const known = await knownOf(plane, person.tenant);
  if (!check) return Promise.all(known.map((each) => tell(plane, person, each)));
  const inTurn = turns(mostAtOnce);
  return Promise.all(
    known.map((each) =>
      inTurn('look', async () => {
        if (!isReadable(person, each.repository)) return tell(plane, person, each);
        const key = { tenant: person.tenant, repository: each.repository };
        const look = JSON.stringify(await lookAgain(plane, key));
        await plane.store.recordLook(key, look);
        return tell(plane, person, { ...each, row: { ...key, added: each.row?.added ?? null, look } });
      }),
    ),
  );
};

/** A name alone is neither, and what is in a folder here is its owner's to know. */
const isReadable = ({ local }: Person, repository: string): boolean =>
  repository.startsWith('/') ? local : RemoteUrl.safeParse(repository).success;

/** Looks whether the runner can read it, and puts it on record. Throws RefusedError, and keeps nothing then. */
export const addRepository = async (
  plane: ControlPlane,
  caller: Principal,
  { repository: given }: RepositoryInput,
): Promise<AddedRepository> => {
  const person = asPerson(caller);
  const { tenant } = person;
  const address = await addressOf(plane, person, given);
  const before = (await knownOf(plane, tenant)).find(
    ({ repository }) => addressKey(repository) === addressKey(address),
  );
  const isNew = before?.row?.added == null;
  // As it is on record, be it that somebody writes it in another way now.
  const repository = isNew ? address : before.repository;
  const key = { tenant, repository };
  const { look, settings } = await lookAt(plane, key);
  await plane.store.addRepository(key, person.name);
  await plane.store.recordLook(key, JSON.stringify(look));
  if (isNew) plane.log.info({ ...key, by: person.name }, 'a repository was put on record');
  const known = (await knownOf(plane, tenant)).find((each) => each.repository === repository);
  if (known === undefined) throw refused('conflict', `${repository} was removed meanwhile.`, 'Add it again.');
  const rows = known.triggers;
  return {
    repository: await tell(plane, person, known),
    isNew,
    triggers: await triggersOf(plane, { tenant, repository, isWhole: true, rows, settings, problem: null }),
  };
};

/** Takes it off record; its triggers begin nothing more, and what they began goes on. Throws RefusedError where there is nothing to be removed. */
export const removeRepository = async (
  plane: ControlPlane,
  caller: Principal,
  { repository: given }: RepositoryInput,
): Promise<RemovedRepository> => {
  const person = asPerson(caller);
  const { tenant } = person;
  if (given.startsWith('/')) mustBeLocal(person, 'name a folder there');
  const known = await knownOf(plane, tenant);
  const find = (address: string) => known.find(({ repository }) => addressKey(repository) === addressKey(address));
  // Its folder may be gone.
  const found = find(given) ?? (given.startsWith('/') ? find(await named(person, given)) : undefined);
  const disabled = found?.triggers.filter(({ enabled }) => enabled) ?? [];
  const wasAdded = found?.row?.added != null;
  if (found === undefined || (!wasAdded && disabled.length === 0))
    throw refused(
      'not_found',
      `Nobody added ${given}, and no trigger of it is enabled.`,
      'See those there are: longhaul repositories',
    );
  const { repository } = found;
  const addresses = [...new Set(found.triggers.map((row) => row.repository))];
  await plane.store.removeRepository({ tenant, repository }, addresses);
  const names = disabled.map(({ name }) => name);
  plane.log.info({ tenant, repository, by: person.name, disabled: names }, 'a repository was taken off record');
  return { repository, wasAdded, disabled: names, openRuns: found.runs.open };
};

/** What it is called on record. Throws RefusedError where the runner may not read it. */
const addressOf = async (plane: ControlPlane, person: Person, given: string): Promise<string> => {
  if (given.startsWith('/')) return named(person, given);
  const url = RemoteUrl.safeParse(given);
  if (url.success) return allowedRemote(plane, url.data).url;
  throw refused(
    'invalid',
    `That is neither a folder nor an address that a runner reads from: ${url.error.issues[0]?.message ?? ''}.`,
    'Name it so. What lets the runner in, its operator says (remotes in its config.yaml).',
  );
};

/** Each repository once: what is on record, then what has enabled triggers or runs, by address. */
const knownOf = async ({ store, now }: ControlPlane, tenant: string): Promise<readonly Known[]> => {
  const rows = await store.repositories(tenant);
  const triggers = await store.triggers(tenant);
  const runs = await store.runsByRepository({ tenant, since: now() - latelyMs });
  const added = rows.filter((row) => row.added !== null);
  const names = new Map(
    [...added, ...triggers.filter(({ enabled }) => enabled), ...runs]
      .toReversed()
      .map(({ repository }) => [addressKey(repository), repository]),
  );
  const group = <Item extends { readonly repository: string }>(items: readonly Item[]) =>
    Map.groupBy(items, ({ repository }) => addressKey(repository));
  const [rowsBy, triggersBy, runsBy] = [group(rows), group(triggers), group(runs)];
  const sum = (of: readonly number[]): number => of.reduce((all, each) => all + each, 0);
  const known = [...names].map(([key, repository]) => {
    const own = runsBy.get(key) ?? [];
    return {
      repository,
      row: rowsBy.get(key)?.find((row) => row.repository === repository) ?? null,
      triggers: triggersBy.get(key) ?? [],
      runs: { open: sum(own.map(({ open }) => open)), lately: sum(own.map(({ lately }) => lately)) },
    };
  });
  const isAdded = ({ row }: Known): boolean => row?.added != null;
  return known.toSorted(
    (one, other) => Number(isAdded(other)) - Number(isAdded(one)) || (one.repository < other.repository ? -1 : 1),
  );
};

const tell = async (plane: ControlPlane, person: Person, known: Known): Promise<ListedRepository> => {
  const { repository, row, runs } = known;
  const isFolder = repository.startsWith('/');
  const remote = isFolder ? null : plane.remotes.allowed(repository);
  const look = isFolder && !person.local ? null : lookOf(row);
  const standings = await Promise.all(known.triggers.map((trigger) => standing(plane, trigger)));
  const count = (wanted: (typeof standings)[number]): number => standings.filter((each) => each === wanted).length;
  const added = row?.added ?? null;
  return {
    repository,
    added: added === null ? null : { by: added.by, at: new Date(added.at).toISOString() },
    look,
    triggers: { on: count('on'), paused: count('paused'), stopped: count('stopped') },
    runs,
    publish: remote === null ? null : remote.publishing === null ? false : remote.publishing.asks ? 'ask' : true,
    hears: remote?.webhookSecret != null,
    faults: faultsOf(plane, known, look),
  };
};

/** One that another version wrote in another way is as if it had never been. */
const lookOf = (row: RepositoryRow | null): RepositoryLook | null => {
  if (row?.look == null) return null;
  const parsed = RepositoryLook.safeParse(JSON.parse(row.look));
  return parsed.success ? parsed.data : null;
};

const standing = async ({ store }: ControlPlane, row: TriggerRow) => {
  // Only the next failure would stop it.
  const isNear = row.enabled && row.failures + 1 >= mostFailures && row.run !== null;
  const run = isNear && row.run !== null ? await store.state(row.run) : null;
  return isNear && failuresOf(row, run) >= mostFailures ? 'stopped' : standingOf(row);
};

/** Of one that nobody wants anything of, nothing is wrong. */
const faultsOf = (
  plane: ControlPlane,
  { repository, row, triggers }: Known,
  look: RepositoryLook | null,
): readonly RepositoryFault[] => {
  const enabled = triggers.filter((trigger) => trigger.enabled);
  if (row?.added == null && enabled.length === 0) return [];
  if (!repository.startsWith('/')) {
    try {
      allowedRemote(plane, repository);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      return [{ message: error.refusal.message, remedy: error.refusal.remedy }];
    }
  }
  const found = look === null ? [] : look.outcome === 'read' ? look.faults : [look.fault];
  return [
    ...found,
    ...enabled.flatMap(({ name, problem }) =>
      problem === null
        ? []
        : [
            {
              message: `The trigger ${name}: ${problem}`,
              remedy: `See: longhaul triggers show ${name} --repo ${repository}`,
            },
          ],
    ),
  ];
};
