import { addressKey } from '../../../shared/recipe/repository-address.ts';
import type { TriggerOrigin } from '../../../shared/recipe/trigger.ts';
import { configuredTriggers } from '../../machine/config/operator.ts';
import type { RunnerConfig } from '../../machine/config/config.ts';
import type { RepositorySettings } from '../../machine/repository/settings.ts';
import { definitionsIn, goneFrom, type Definition } from '../../machine/triggers/definitions.ts';
import type { RepositoryKey } from '../store/repository-records.ts';
import type { TriggerKey } from '../store/store.ts';

type Config = Pick<RunnerConfig, 'triggers' | 'tenants'>;

/** Those that the operator wrote for a repository. */
export const configuredFor = (config: Config, { tenant, repository }: RepositoryKey): readonly Definition[] =>
  configuredTriggers(config, tenant)
    .filter((each) => addressKey(each.repository) === addressKey(repository))
    .map(({ definition }) => definition);

/**
 * All of a repository: those of the runner's configuration first, then its own (null: they cannot be read). What a repository has under the name
 * of one that its operator wrote is refused: whoever may commit there must not be the one who says what an operator's trigger does.
 */
export const definitionsFor = (
  config: Config,
  key: RepositoryKey,
  settings: RepositorySettings | null,
): readonly Definition[] => {
  const configured = configuredFor(config, key);
  const own = settings === null ? [] : definitionsIn(settings.triggers, settings.branch);
  return [
    ...configured,
    ...own.map((definition) =>
      configured.some(({ name }) => name === definition.name) ? shadowed(definition) : definition,
    ),
  ];
};

const shadowed = ({ name }: Definition): Definition => ({
  name,
  origin: 'repository',
  outcome: 'refused',
  problem: `.longhaul/triggers/${name}.yaml is not used: the runner's configuration has a trigger of that name for this repository. Give it another name.`,
});

interface Enabled extends TriggerKey {
  readonly origin: TriggerOrigin;
}

/**
 * What one that somebody enabled is by now, where the configuration has a say in it. Null: it is the repository's, which says. What somebody
 * enabled of one is never begun as the other's of the same name.
 */
export const configuredAs = (config: Config, enabled: Enabled): Definition | null => {
  const found = configuredFor(config, enabled).find(({ name }) => name === enabled.name) ?? null;
  if (found?.origin === enabled.origin) return found;
  if (found === null && enabled.origin === 'repository') return null;
  const { name, origin } = enabled;
  return { name, origin, outcome: 'refused', problem: found === null ? gone(enabled) : another(enabled, 'runner') };
};

/** Why one begins nothing that was enabled when somebody else wrote it. `origin`: who writes it now. */
export const another = ({ name }: Pick<TriggerKey, 'name'>, origin: TriggerOrigin): string =>
  `${origin === 'runner' ? "The runner's configuration has it by now, and the repository had it" : "The repository has it by now, and the runner's configuration had it"} when it was enabled. If that is right: longhaul triggers enable ${name}`;

/** Of one that nobody has, or not any more. */
export const gone = (key: Enabled): string =>
  key.origin === 'repository'
    ? goneFrom(key)
    : `The runner's configuration has no trigger ${key.name} of ${key.repository} any more.`;
