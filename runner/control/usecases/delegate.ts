import { createHmac } from 'node:crypto';
import { chmod, mkdir, rm } from 'node:fs/promises';
import type { DelegateInput, PreviewInput, Principal } from '../../../shared/api/runner-api.ts';
import { renderGoal, type Recipe } from '../../../shared/recipe/recipe.ts';
import type { Brought } from '../../../shared/recipe/openings.ts';
import type { RepositoryConfig } from '../../../shared/recipe/repository-config.ts';
import { Task } from '../../../shared/run/events.ts';
import type { WantedOutput } from '../../../shared/run/output.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { attachedImages, mustTakeImages } from './delegate-images.ts';
import { sourceFor, toldSettings, type FoundSource } from './delegate-source.ts';
import { randomId } from '../../machine/random-id.ts';
import { turns } from '../../machine/turns.ts';
import { actor, asPerson, mustBeLocal, refused, type ControlPlane, type Person } from './plane.ts';
import { chooseRecipe } from './recipes.ts';
import { namedSubject, subjectFor, toldOf } from './subject.ts';
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
  { notes = [], isTold = false, ...input }: DelegateInput & Partial<Pick<Creation, 'notes' | 'isTold'>>,
): Promise<RunState> => {
  const person = asPerson(caller);
  if (input.source === null) mustBeLocal(person, 'delegate on a path there');
  if (input.dedupeKey === null) return create(plane, person, { input, notes, isTold, run: `run_${randomId()}` });
  const run = runOfKey(plane, person.tenant, input.dedupeKey);
  return inTurn(run, async () => {
    const known = await plane.store.state(run);
    if (known === null) return create(plane, person, { input, notes, isTold, run });
    sameRun(known, input);
    return known;
  });
};

/** A preview is told how many images are to go along, and not which. */
type Asked = Omit<DelegateInput, 'images'> & { readonly images: DelegateInput['images'] | number };

/**
 * What makes this another task than the one that a run was made of; null: it is the same one, asked for again because its
 * answer was lost. What the tree looked like meanwhile makes no difference.
 */
const differenceFrom = ({ task }: Pick<RunState, 'task'>, input: Asked): string | null => {
  if (task.recipe !== input.recipe) return 'recipe';
  const isAlone = input.recipe === null && input.about === null;
  if (isAlone ? task.goal !== input.goal : !task.goal.includes(input.goal)) return 'goal';
  if (input.about !== null && namedSubject(input.about)?.number !== task.subject?.number)
    return 'issue or pull request';
  if (input.title !== null && task.title !== input.title) return 'title';
  if (!areImagesOf(task, input.images)) return 'number of images, or another image';
  const { repository } = input;
  if (input.source === null)
    return repository === task.repository || repository.startsWith(`${task.repository}/`) ? null : 'repository';
  const same =
    input.source.kind === 'remote'
      ? task.source.kind === 'remote' && task.source.url === input.source.url
      : task.source.kind === 'bundle' && task.repository === repository;
  return same ? null : 'repository';
};

const areImagesOf = ({ images }: Task, asked: Asked['images']): boolean =>
  typeof asked === 'number'
    ? asked === images.length
    : asked.length === images.length && asked.every(({ blob }, index) => blob === images[index]?.blob);

/** A key always means the same id, so whether it was used is known before any work is done for it. */
export const runOfKey = (plane: ControlPlane, tenant: string, key: string): string => {
  const digest = createHmac('sha256', plane.dedupeSecret)
    .update(JSON.stringify([tenant, key]))
    .digest('hex');
  return `run_${BigInt(`0x${digest.slice(0, 24)}`)
    .toString(36)
    .padStart(16, '0')}`;
};

interface Creation {
  readonly input: DelegateInput;
  readonly run: string;
  /** What else whoever looks at the task should know, a sentence each. */
  readonly notes: readonly string[];
  /** What it is about stands in the goal already. */
  readonly isTold: boolean;
}

const create = (plane: ControlPlane, person: Person, creation: Creation): Promise<RunState> =>
  snapshot('', () => createNow(plane, person, creation));

const createNow = (
  plane: ControlPlane,
  person: Person,
  { input, run, notes: said, isTold }: Creation,
): Promise<RunState> =>
  inRunFolder(plane, run, async (folder, keep) => {
    const images = await attachedImages(plane, person, input);
    const found = await sourceFor(plane, person, { input, run, folder });
    const { title, goal, output, terms, notes } = await planned(plane, person, {
      input,
      images: images.length,
      found,
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
  Pick<DelegateInput, 'goal' | 'title' | 'trust'>;

interface Planning {
  readonly input: Said;
  readonly images: number;
  readonly found: Pick<FoundSource, 'repository' | 'settings' | 'notes'>;
  /** Whether what the person agrees to with it is put on record. */
  readonly record: boolean;
}

/** What a task would be, but for where its code comes from. Throws RefusedError where there cannot be one. */
const planned = async (plane: ControlPlane, person: Person, { input, images, found, record }: Planning) => {
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
    goal: recipe === null ? input.goal : goalBy(recipe, input),
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
  const input: DelegateInput = { ...terms, ...delegation, images: [], source: null };
  const known = dedupeKey === null ? null : await plane.store.state(runOfKey(plane, person.tenant, dedupeKey));
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
  const plan = await planned(plane, person, { input, images, found, record: false });
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

/** Throws RefusedError where the run that a key was used for is another task. */
const sameRun = (known: RunState, input: Asked): string => {
  const other = differenceFrom(known, input);
  if (other === null)
    return `Run ${known.number} was delegated with this key: delegating gives that run, and no other.`;
  throw refused(
    'conflict',
    `The key ${JSON.stringify(input.dedupeKey)} was used before, for run ${known.number}, with another ${other}.`,
    `Use a key of its own for each task, or look at that run: longhaul show ${known.number}`,
  );
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

/** As a task takes it. */
const longestGoal = 100_000;

const goalBy = (recipe: Recipe, { goal: said, recipe: name }: Pick<DelegateInput, 'goal' | 'recipe'>): string => {
  if (said === '' && recipe.needsGoal)
    throw refused('invalid', `The recipe ${name} needs a goal.`, `Say what it is about. It is: ${recipe.title}.`);
  return mustFit(renderGoal(recipe, said));
};

/** With what a recipe and others say. Throws RefusedError. */
const mustFit = (goal: string): string => {
  if (goal.length <= longestGoal) return goal;
  throw refused(
    'invalid',
    `With all that is told with it the goal has ${goal.length} characters; up to ${longestGoal} are taken.`,
    'Shorten the goal, and put what is long into a file of the repository.',
  );
};

const longestTitle = 80;

/** The first line of the goal, cut at a word. @internal */
export const titleOf = (goal: string): string => {
  const first = goal.trim().split('\n')[0]?.trim() ?? '';
  if (first.length <= longestTitle) return first;
  const cut = first.slice(0, longestTitle - 1);
  const word = cut.lastIndexOf(' ');
  return `${cut.slice(0, word > longestTitle / 2 ? word : undefined).trimEnd()}…`;
};
