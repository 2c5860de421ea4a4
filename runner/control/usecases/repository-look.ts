import type { RepositoryFault, RepositoryLook } from '../../../shared/api/repositories.ts';
import { RefusedError } from '../../../shared/api/router.ts';
import type { RepositorySettings } from '../../machine/repository/settings.ts';
import type { Definition } from '../../machine/triggers/definitions.ts';
import { definitionsFor } from '../triggers/configured.ts';
import type { RepositoryKey } from '../store/repository-records.ts';
import { readRepository } from './delegate-source.ts';
import type { ControlPlane } from './plane.ts';
import { readRecipes } from './recipe-files.ts';
import { configIn } from './repository-settings.ts';
import { mustServe } from './trigger-checks.ts';

export interface Looked {
  readonly look: Extract<RepositoryLook, { readonly outcome: 'read' }>;
  readonly settings: RepositorySettings | null;
}

/** What a repository has on its default branch, read now as a delegation reads it, and what is wrong with that. Throws RefusedError where it cannot be read. */
export const lookAt = async (plane: ControlPlane, key: RepositoryKey): Promise<Looked> => {
  const { settings, notes } = await readRepository(plane, key.repository);
  const at = new Date(plane.now()).toISOString();
  if (settings === null) return { settings, look: { outcome: 'read', at, ...nothing, faults: [empty(key)] } };
  const config = faultIn(() => configIn(settings));
  const recipes = readRecipes(settings).filter(({ origin }) => origin === 'repository');
  const triggers = definitionsFor(plane.config, key, settings).map((definition) => ({
    name: definition.name,
    fault: triggerFault(plane, key, { definition, settings }),
  }));
  const faults = [
    config,
    ...notes.map((message) => ({ message, remedy: 'Correct it there and commit.' })),
    ...recipes.map((recipe) =>
      recipe.outcome === 'ok'
        ? null
        : {
            message: `${recipe.file} cannot be used: ${recipe.faults.join(' ')}`,
            remedy: 'Correct it there and commit, or remove it.',
          },
    ),
    ...triggers.map(({ fault }) => fault),
  ].filter((fault) => fault !== null);
  return {
    settings,
    look: {
      outcome: 'read',
      at,
      branch: settings.branch.replace(/^refs\/(heads|remotes)\//, ''),
      config: settings.files.some(({ path }) => path === 'config.yaml')
        ? config === null
          ? 'right'
          : 'wrong'
        : 'none',
      recipes: recipes.map(({ name, outcome }) => ({ name, usable: outcome === 'ok' })),
      triggers: triggers.map(({ name, fault }) => ({ name, usable: fault === null })),
      faults,
    },
  };
};

/** The same, where one that cannot be read is told, too. */
export const lookAgain = async (plane: ControlPlane, key: RepositoryKey): Promise<RepositoryLook> => {
  try {
    return (await lookAt(plane, key)).look;
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    const { message, remedy } = error.refusal;
    return { outcome: 'unreadable', at: new Date(plane.now()).toISOString(), fault: { message, remedy } };
  }
};

const nothing = { branch: null, config: 'none', recipes: [], triggers: [] } as const;

const empty = ({ repository }: RepositoryKey): RepositoryFault => ({
  message: `${repository} has no commit on a default branch.`,
  remedy:
    'Push a first one, or have its server name the branch that has them: what runs begin from and are told is read there.',
});

/** Why it refuses; null: it does not. */
const faultIn = (work: () => unknown): RepositoryFault | null => {
  try {
    work();
    return null;
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    const { message, remedy } = error.refusal;
    return { message, remedy };
  }
};

const triggerFault = (
  plane: ControlPlane,
  key: RepositoryKey,
  { definition, settings }: { readonly definition: Definition; readonly settings: RepositorySettings },
): RepositoryFault | null => {
  const { name } = definition;
  if (definition.outcome === 'refused')
    return {
      message: definition.problem,
      remedy: 'Correct it there and commit. Try it first: longhaul triggers check',
    };
  const fault = faultIn(() => mustServe(plane, { ...key, name }, { definition, settings }));
  return fault === null ? null : { ...fault, message: `The trigger ${name} cannot be enabled. ${fault.message}` };
};
