import { createHash, createHmac } from 'node:crypto';
import type { DelegateInput } from '../../../shared/api/runner-api.ts';
import { canonicalJson } from '../../../shared/decision/canonical.ts';
import type { Task } from '../../../shared/run/events.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { refused, type ControlPlane } from './plane.ts';
import { namedSubject } from './subject.ts';

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
  // Those of before had no inputs.
  const isSame = task.asked === null ? Object.keys(input.inputs).length === 0 : task.asked === askedOf(input);
  if (!isSame) return input.exact ? 'request' : 'value of an input';
  const { repository } = input;
  if (input.source === null)
    return repository === task.repository || repository.startsWith(`${task.repository}/`) ? null : 'repository';
  const same =
    input.source.kind === 'remote'
      ? task.source.kind === 'remote' && task.source.url === input.source.url
      : task.source.kind === 'bundle' && task.repository === repository;
  return same ? null : 'repository';
};

/** What a key was used for, as a task has it. Of a wish that is not exact its inputs alone: the rest is compared as it came out. */
export const askedOf = (wish: Asked): string | null => {
  if (wish.dedupeKey === null) return null;
  const said = wish.exact ? { ...wish, trust: null } : { inputs: wish.inputs };
  return createHash('sha256').update(canonicalJson(said)).digest('hex');
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

/** Throws RefusedError where the run that a key was used for is another task. */
export const sameRun = (known: RunState, input: Asked): string => {
  const other = differenceFrom(known, input);
  if (other === null)
    return `Run ${known.number} was delegated with this key: delegating gives that run, and no other.`;
  throw refused(
    'conflict',
    `The key ${JSON.stringify(input.dedupeKey)} was used before, for run ${known.number}, with another ${other}.`,
    `Use a key of its own for each task, or look at that run: longhaul show ${known.number}`,
  );
};
