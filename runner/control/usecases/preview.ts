import type { PreviewInput, Principal } from '../../../shared/api/runner-api.ts';
import { limitsBy, openHosts, policyBy, saidBy, type Preview } from '../../../shared/recipe/preview.ts';
import type { Terms, TermSources } from '../../../shared/recipe/terms.ts';
import { settingsOfFolder, type FolderSettings, type RepositorySettings } from '../../machine/repository/settings.ts';
import { toldSettings } from './delegate-source.ts';
import { mustTakeImages } from './delegate-images.ts';
import { rehearse } from './delegate.ts';
import { asPerson, mustBeLocal, refused, type ControlPlane, type Person } from './plane.ts';
import { chooseRecipe } from './recipes.ts';
import { configIn } from './repository-settings.ts';
import { priceNotes, termsFor } from './terms.ts';

/** What would hold for a run that is delegated so. Makes nothing that stays. Throws RefusedError, as delegating would. */
export const preview = async (plane: ControlPlane, caller: Principal, input: PreviewInput): Promise<Preview> => {
  const person = asPerson(caller);
  const { delegation } = input;
  return previewOf(
    plane,
    delegation === null
      ? await termsAlone(plane, person, input)
      : await rehearse(plane, person, { ...input, delegation }),
  );
};

interface Planned {
  readonly settings: RepositorySettings | null;
  readonly terms: Terms;
  readonly sources: TermSources;
  readonly output: Preview['output'];
  readonly inputs: Preview['inputs'];
  readonly about: Preview['about'];
  readonly notes: readonly string[];
}

const termsAlone = async (plane: ControlPlane, person: Person, input: PreviewInput): Promise<Planned> => {
  const { settings, notes } = await settingsFor(person, input.settings);
  const recipe = input.recipe === null ? null : chooseRecipe(settings, input.recipe);
  const { terms, sources } = termsFor(plane, person, { own: input, recipe, repository: configIn(settings) });
  mustTakeImages(plane, terms, input.images);
  const price = await priceNotes(plane, terms, [input, recipe, sources.repository]);
  const output = recipe?.output ?? ({ kind: 'diff' } as const);
  return { settings, terms, sources, output, inputs: [], about: null, notes: [...notes, ...terms.notes, ...price] };
};

const previewOf = async (plane: ControlPlane, planned: Planned): Promise<Preview> => {
  const { settings, terms, sources, output, inputs, about, notes } = planned;
  const name = terms.model ?? plane.config.model.name;
  const { policy, budget, setup, verification } = terms;
  const setupBy = saidBy(sources, 'setup');
  return {
    output,
    inputs: inputs.map(({ name, text, given }) => ({ name, text, given })),
    about,
    settings: sources.repository === null ? null : branchName(settings?.branch ?? ''),
    model: { name, by: saidBy(sources, 'model'), price: await plane.priceOf(name) },
    budget,
    budgetBy: limitsBy(sources, budget),
    setup: { commands: setup, by: setupBy },
    verification: { commands: verification, by: saidBy(sources, 'verification') },
    policy: { otherwise: policy.otherwise, rules: policy.rules.length, by: policyBy(sources, terms) },
    hosts: openHosts(terms, setupBy),
    notes,
  };
};

const settingsFor = async (person: Person, given: PreviewInput['settings']): Promise<FolderSettings> => {
  if (given.kind === 'files') return { settings: toldSettings(given.files), notes: [] };
  mustBeLocal(person, 'see what a repository there says');
  if (given.path.startsWith('/')) return settingsOfFolder(given.path);
  throw refused('invalid', `The repository ${given.path} is no absolute path.`, 'Name it from the root: /…');
};

const branchName = (ref: string): string => ref.replace(/^refs\/(heads|remotes)\//, '');
