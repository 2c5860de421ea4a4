import { chmod, mkdir, rm } from 'node:fs/promises';
import type { DelegateInput, PreviewInput, Principal } from '../../../shared/api/runner-api.ts';
import type { Recipe } from '../../../shared/recipe/recipe.ts';
import type { Brought } from '../../../shared/recipe/openings.ts';
import type { RepositoryConfig } from '../../../shared/recipe/repository-config.ts';
import { Task } from '../../../shared/run/events.ts';
import type { WantedOutput } from '../../../shared/run/output.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { attachedImages, mustTakeImages } from './delegate-images.ts';
import { askedOf, runOfKey, sameRun } from './delegate-again.ts';
import { goalOf, mustFit, titleOf } from './delegate-goal.ts';
import { sourceFor, toldSettings, type FoundSource } from './delegate-source.ts';
import { randomId } from '../../machine/random-id.ts';
import { turns } from '../../machine/turns.ts';
import { actor, asPerson, mustBeLocal, refused, type ControlPlane, type Person } from './plane.ts';
import { chooseRecipe } from './recipes.ts';
import { subjectFor, toldOf } from './subject.ts';
import { configIn } from './repository-settings.ts';
import { priceNotes, termsFor } from './terms.ts';
import { mustBeTrusted } from './trust.ts';

const inTurn = turns(1);
/** Snapshots made at once; each reads a whole tree. */
const snapshot = turns(4);

/**
 * Makes a run of a goal and a repository: a folder here as it is now, a snapshot that was uploaded, or a commit of a remote.
 * `notes` stand before what the task's own sources say. `isTold`: what it is about stands in the goal. A snapshot is on the disk before the run is; one whose run never came is removed when the runner starts. Throws RefusedError.
 */
export const delegate = async (
  plane: ControlPlane,
  caller: Principal,
  {
    notes = [],
    isTold = false,
    outside = [],
    ...input
  }: DelegateInput & Partial<Pick<Creation, 'notes' | 'isTold' | 'outside'>>,
): Promise<RunState> => {
  const person = asPerson(caller);
  if (input.source === null) mustBeLocal(person, 'delegate on a path there');
  if (input.dedupeKey === null)
    return create(plane, person, { input, notes, isTold, outside, run: `run_${randomId()}` });
  const run = runOfKey(plane, person.tenant, input.dedupeKey);
  return inTurn(run, async () => {
    const known = await plane.store.state(run);
    if (known === null) {
      await mustNotBeDeleted(plane, input, run);
      return create(plane, person, { input, notes, isTold, outside, run });
    }
    sameRun(known, input);
    return known;
  });
};

/** A key is for one run, ever: what was done under it may have had effects. Throws RefusedError where that run was deleted. */
const mustNotBeDeleted = async (
  { store }: Pick<ControlPlane, 'store'>,
  { dedupeKey }: Pick<DelegateInput, 'dedupeKey'>,
  run: string,
): Promise<void> => {
  if (!(await store.wasDeleted(run))) return;
  throw refused(
    'conflict',
    `The key ${JSON.stringify(dedupeKey)} was used before, for a run that somebody deleted.`,
    'Take another key: under one key there is one run.',
  );
};

interface Creation {
  readonly input: DelegateInput;
  readonly run: string;
  /** What else whoever looks at the task should know, a sentence each. */
  readonly notes: readonly string[];
  /** What it is about stands in the goal already. */
  readonly isTold: boolean;
  /** Inputs that somebody outside said: they are told with what it is about. */
  readonly outside: readonly string[];
}

const create = (plane: ControlPlane, person: Person, creation: Creation): Promise<RunState> =>
  snapshot('', () => createNow(plane, person, creation));

const createNow = (
  plane: ControlPlane,
  person: Person,
  { input, run, notes: said, isTold, outside }: Creation,
): Promise<RunState> =>
  inRunFolder(plane, run, async (folder, keep) => {
    const images = await attachedImages(plane, person, input);
    const found = await sourceFor(plane, person, { input, run, folder });
    const { title, goal, output, terms, notes } = await planned(plane, person, {
      input,
      images: images.length,
      found,
      outside,
      record: true,
    });
    const { subject, told } = await aboutOf(plane, { input, output, run, isTold });
    const task = Task.parse({
      tenant: person.tenant,
      repository: found.repository,
      title: told === null || input.title !== null ? title : told.title,
      goal: told === null ? goal : mustFit([goal, told.text].join('\n\n')),
      images: [...images],
      recipe: input.recipe,
      asked: askedOf(input),
      output,
      subject,
      requester: actor(person),
      source: found.source,
      ...terms,
      notes: [...said, ...notes, ...(told?.notes ?? [])],
    } satisfies Task);
    // From here on the run may be on record, whatever is thrown; if it is not, the next start removes the folder.
    keep(true);
    const answer = await plane.store.create({
      run,
      task,
      dedupeKey: input.dedupeKey,
      ...(found.blob === null ? {} : { source: found.blob }),
      images: images.map(({ blob, bytes }) => ({ hash: blob, bytes })),
    });
    keep(answer.state.id === run);
    return answer.state;
  });

/** What a task is about, and what is told of that where it is told to nobody yet. Throws RefusedError. */
const aboutOf = async (
  plane: ControlPlane,
  {
    input: { about },
    output,
    run,
    isTold,
  }: Pick<Creation, 'run' | 'isTold'> & {
    readonly input: Pick<DelegateInput, 'about'>;
    readonly output: WantedOutput;
  },
) => {
  const named = subjectFor(plane, { about, output });
  const told =
    named === null || about === null || isTold ? null : await toldOf(plane, { subject: named, about, id: run });
  return { subject: told?.subject ?? named, told };
};

/** A new folder for a run, which goes again unless it is said to be kept. */
const inRunFolder = async <Result>(
  plane: ControlPlane,
  run: string,
  work: (folder: string, keep: (wanted: boolean) => void) => Promise<Result>,
): Promise<Result> => {
  const folder = plane.home.run(run);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o711 });
  // The mode above went through the umask; commands run as another user, whose workspace is below.
  await chmod(folder, process.getuid?.() === 0 ? 0o711 : 0o700);
  let kept = false;
  try {
    return await work(folder, (wanted) => {
      kept = wanted;
    });
  } finally {
    if (!kept) await rm(folder, { recursive: true, force: true });
  }
};

type Said = Pick<DelegateInput, Exclude<keyof PreviewInput & keyof DelegateInput, 'images'>> &
  Pick<DelegateInput, 'goal' | 'title' | 'inputs' | 'trust'>;

interface Planning {
  readonly input: Said;
  readonly images: number;
  readonly found: Pick<FoundSource, 'repository' | 'settings' | 'notes'>;
  readonly outside: readonly string[];
  /** Whether what the person agrees to with it is put on record. */
  readonly record: boolean;
}

/** What a task would be, but for where its code comes from. Throws RefusedError where there cannot be one. */
const planned = async (plane: ControlPlane, person: Person, planning: Planning) => {
  const { input, images, found, record } = planning;
  const { repository, settings } = found;
  const recipe = input.recipe === null ? null : chooseRecipe(settings, input.recipe);
  const config = configIn(settings);
  const { terms, sources } = termsFor(plane, person, { own: input, recipe, repository: config });
  mustTakeImages(plane, terms, images);
  await mustBeTrusted(plane, person, {
    repository,
    brought: broughtBy(config, recipe, input),
    trust: input.trust,
    record,
  });
  const price = await priceNotes(plane, terms, [input, recipe, config]);
  return {
    title: input.title ?? (input.goal === '' && recipe !== null ? recipe.title : titleOf(input.goal)),
    ...goalOf(recipe, planning),
    output: recipe?.output ?? ({ kind: 'diff' } as const),
    terms,
    sources,
    notes: [...found.notes, ...terms.notes, ...price],
  };
};

/**
 * What a task would be that is delegated so, with all that delegating checks, and who has a say in it. A snapshot is made and thrown
 * away: what cannot be copied is refused as then. Throws RefusedError, as delegating would.
 */
export const rehearse = async (
  plane: ControlPlane,
  person: Person,
  {
    delegation,
    settings,
    images,
    aboutLater = false,
    ...terms
  }: PreviewInput & {
    readonly delegation: NonNullable<PreviewInput['delegation']>;
    /** What it is about is known when it is delegated. */
    readonly aboutLater?: boolean;
  },
) => {
  const { dedupeKey } = delegation;
  const input: DelegateInput = { ...terms, ...delegation, images: [], source: null, exact: false };
  const known = dedupeKey === null ? null : await plane.store.state(runOfKey(plane, person.tenant, dedupeKey));
  if (known === null && dedupeKey !== null)
    await mustNotBeDeleted(plane, input, runOfKey(plane, person.tenant, dedupeKey));
  const again = known === null ? [] : [sameRun(known, { ...input, images })];
  const run = `run_${randomId()}`;
  const found =
    settings.kind === 'files'
      ? { repository: delegation.repository, settings: toldSettings(settings.files), notes: [] }
      : await snapshot('', () =>
          inRunFolder(plane, run, (folder) =>
            // Nobody takes it up, so nothing of it is uploaded.
            sourceFor({ ...plane, keep: 'local' }, person, { input, run, folder }),
          ),
        );
  const plan = await planned(plane, person, { input, images, found, outside: [], record: false });
  const { subject, told } = aboutLater
    ? { subject: null, told: null }
    : await aboutOf(plane, { input, output: plan.output, run, isTold: false });
  return {
    ...plan,
    settings: found.settings,
    about: subject === null ? null : { ...subject, title: told?.title ?? '' },
    notes: [...again, ...plan.notes, ...(told?.notes ?? [])],
  };
};

/** What a repository has a say in that can open something. A setup that somebody else replaced is not run, so it opens nothing. */
const broughtBy = (
  config: RepositoryConfig | null,
  recipe: Recipe | null,
  { setup }: Pick<DelegateInput, 'setup'>,
): readonly Brought[] => [
  ...(config === null ? [] : [{ ...config, setup: setup === null && recipe?.setup == null ? config.setup : null }]),
  ...(recipe === null ? [] : [{ ...recipe, setup: setup === null ? recipe.setup : null }]),
];
