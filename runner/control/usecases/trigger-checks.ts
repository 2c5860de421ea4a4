import { createHash } from 'node:crypto';
import { canonicalJson } from '../../../shared/decision/canonical.ts';
import { RefusedError } from '../../../shared/api/router.ts';
import { PreviewInput } from '../../../shared/api/runner-api.ts';
import { rehearsedInputs } from '../../../shared/recipe/trigger-inputs.ts';
import { recipeFault } from '../../../shared/recipe/trigger-recipe.ts';
import { wantedBy } from '../../../shared/recipe/trigger.ts';
import type { WantedOutput } from '../../../shared/run/output.ts';
import type { RepositorySettings } from '../../machine/repository/settings.ts';
import type { UsableTrigger } from '../../machine/triggers/definitions.ts';
import type { TriggerKey, TriggerRow } from '../store/store.ts';
import { notAgreed } from '../triggers/firing.ts';
import { toldRefusal } from '../triggers/known-definitions.ts';
import { mustBeCounted } from './counted-money.ts';
import { rehearse } from './delegate.ts';
import { refused, type ControlPlane, type Person } from './plane.ts';
import { chooseRecipe } from './recipes.ts';
import { authorityOf, type Beginning } from './triggering.ts';

/** Why nobody tells this runner of what a trigger waits for; null: somebody does. @internal */
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
      'What happens on GitHub or GitLab is heard of for a repository there, and this is a folder.',
      'Name it: longhaul triggers enable … --repo https://github.com/owner/name',
    );
  const allowed = remotes.allowed(repository);
  if (allowed?.forge?.untold.some((each) => each === kind) === true)
    return refused(
      'invalid',
      `${allowed.forge.name} does not tell of what this waits for: ${kind}.`,
      'Have it wait for a comment, such as on: { github: comment, command: address } for "/longhaul address".',
    );
  return allowed?.webhookSecret == null
    ? refused(
        'invalid',
        `This runner hears of nothing that happens at ${repository}.`,
        'Its operator can set it up: webhookSecretVariable beside github or gitlab (remotes in its config.yaml; docs/github.md, docs/gitlab.md), with that variable set where it is started, to 16 characters or more.',
      )
    : null;
};

/** Throws RefusedError where it could never do here what its file says. */
export const mustServe = (plane: ControlPlane, key: TriggerKey, { definition, settings }: Defined): void => {
  const silent = unheard(plane, key, definition);
  if (silent !== null) throw silent;
  mustPublish(plane, key, definition);
  mustSuit(definition, settings);
};

interface Defined {
  readonly definition: UsableTrigger;
  readonly settings: RepositorySettings | null;
}

/** What is never published by itself is not agreed to. */
const mustPublish = ({ remotes }: ControlPlane, { repository }: TriggerKey, { trigger }: UsableTrigger): void => {
  if (trigger.publish === 'no' || repository.startsWith('/') || remotes.allowed(repository)?.publishing != null) return;
  throw refused(
    'invalid',
    `Its file says "publish: ${trigger.publish}", and this runner publishes nothing to ${repository}.`,
    'Its operator can allow it: publish: true (remotes in its config.yaml). Or leave publish out.',
  );
};

/** Throws RefusedError where its recipe is not for it. */
const mustSuit = ({ trigger }: UsableTrigger, settings: RepositorySettings | null): void => {
  if (trigger.recipe === null) return;
  const fault = recipeFault(trigger, chooseRecipe(settings, trigger.recipe));
  if (fault !== null) throw refused('invalid', fault.message, fault.remedy);
};

/** The same in a sentence; null: it is for it. */
export const unsuited = (definition: UsableTrigger, settings: RepositorySettings | null): string | null => {
  try {
    mustSuit(definition, settings);
    return null;
  } catch (error) {
    if (error instanceof RefusedError) return toldRefusal(error);
    throw error;
  }
};

/** What its results are. Throws RefusedError where there is no such recipe. */
export const outputFor = (
  { trigger: { recipe } }: UsableTrigger,
  settings: RepositorySettings | null,
): WantedOutput['kind'] => (recipe === null ? 'diff' : chooseRecipe(settings, recipe).output.kind);

/** Of what whoever enables it agrees to; null: there is no such recipe. */
export const agreedHash = (definition: UsableTrigger, settings: RepositorySettings | null): string | null => {
  if (unsuited(definition, settings) !== null) return null;
  const agreed = { trigger: definition.trigger, output: outputFor(definition, settings) };
  return createHash('sha256').update(canonicalJson(agreed)).digest('hex');
};

/** What is wrong with a trigger that is enabled, as things stand now; null: nothing. */
export const wrongNow = async (
  plane: ControlPlane,
  row: TriggerRow,
  { definition, settings }: Defined,
): Promise<string | null> => {
  const silent = unheard(plane, row, definition);
  if (silent !== null) return toldRefusal(silent);
  try {
    authorityOf(plane, row);
    mustSuit(definition, settings);
    await mustBeCounted(plane, definition, settings);
    return notAgreed(row, { publish: definition.trigger.publish, output: outputFor(definition, settings) });
  } catch (error) {
    if (error instanceof RefusedError) return toldRefusal(error);
    throw error;
  }
};

/** What would be refused when it is due is refused now, while somebody is there to hear it. */
export const mustBegin = async (
  plane: ControlPlane,
  person: Person,
  {
    key: { repository },
    definition,
    settings,
  }: Pick<Beginning, 'key' | 'definition'> & { readonly settings: RepositorySettings | null },
): Promise<void> => {
  const { recipe, goal } = definition.trigger;
  const files = [...(settings?.files ?? [])];
  const inputs = recipe === null ? {} : rehearsedInputs(definition.trigger, chooseRecipe(settings, recipe).inputs);
  const input = PreviewInput.parse({
    settings: { kind: 'files', files },
    recipe,
    delegation: { goal, inputs, repository },
  });
  // safe: it is given
  const delegation = input.delegation as NonNullable<typeof input.delegation>;
  await rehearse(plane, person, { ...input, delegation, aboutLater: true }).catch((error: unknown) => {
    if (!(error instanceof RefusedError) || error.refusal.code !== 'untrusted') throw error;
    const { refusal } = error;
    const remedy = `If that is right, say so once with a delegation there: longhaul delegate … --trust ${refusal.hash}. Then enable it.`;
    throw new RefusedError({ ...refusal, remedy });
  });
};
