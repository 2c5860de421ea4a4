import { includes } from '../../../shared/api/runner-api.ts';
import { defaultPolicy } from '../../../shared/policy/default.ts';
import { brokenExamples } from '../../../shared/policy/evaluate.ts';
import type { LowerBudget } from '../../../shared/recipe/settings.ts';
import { setupFaults } from '../../../shared/recipe/setup-faults.ts';
import { termsOf, type Terms, type TermSources } from '../../../shared/recipe/terms.ts';
import { operatorsFor } from '../../machine/config/operator.ts';
import { actor, refused, type ControlPlane, type Person } from './plane.ts';
import { askedUsd, unpricedNote } from './unpriced.ts';

/** The terms of a task, and all who have a say in them. Throws RefusedError for what they cannot be. */
export const termsFor = (
  { config }: ControlPlane,
  person: Person,
  said: Pick<TermSources, 'own' | 'recipe' | 'repository'>,
): { readonly terms: Terms; readonly sources: TermSources } => {
  const { budget, decisionHours } = config;
  const sources: TermSources = {
    ...said,
    runner: { policy: defaultPolicy, budget, decisionHours, operators: operatorsFor(config, person.tenant) },
    by: { actor: actor(person), approves: includes(person.role, 'approver') },
  };
  const terms = termsOf(sources);
  // A rule whose examples fail would not do what its author thinks.
  const broken = [terms.policy, ...terms.policy.limits].flatMap(brokenExamples);
  if (broken.length > 0) throw refused('invalid', [...new Set(broken)].join(' '), 'Correct the rule, or its examples.');
  const faults = setupFaults(terms, sources);
  if (faults.length > 0)
    throw refused(
      'denied',
      faults.join(' '),
      'Leave the setup to the repository, have an approver delegate, or ask the operator to allow the host (policy in config.yaml).',
    );
  return { terms, sources };
};

/** With a model of unknown price no budget of US dollars holds; whoever asked for one is told. */
export const priceNotes = async (
  { config, priceOf }: ControlPlane,
  { budget, model }: Terms,
  said: readonly ({ readonly budget: LowerBudget } | null)[],
): Promise<readonly string[]> => {
  const usd = askedUsd({ budget, said: said.flatMap((source) => source?.budget ?? []) });
  const name = model ?? config.model.name;
  return usd === null || (await priceOf(name)) !== null ? [] : [unpricedNote(name, usd)];
};
