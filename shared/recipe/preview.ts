import { z } from 'zod';
import { Policy } from '../policy/policy.ts';
import { Budget } from '../run/budget.ts';
import { PlannedCommand } from '../run/events.ts';
import { verdictOn } from './setup-hosts.ts';
import type { Terms, TermSources } from './terms.ts';

/** Who said it last. `runner`: nobody else did. */
const SaidBy = z.enum(['delegation', 'recipe', 'repository', 'runner']);
type SaidBy = z.infer<typeof SaidBy>;

/** What a model costs by list price, US dollars for a million tokens. */
const ModelPrice = z.object({ input: z.number(), output: z.number() });
export type ModelPrice = Readonly<z.infer<typeof ModelPrice>>;

const PreviewedCommands = z.object({ commands: z.array(PlannedCommand).readonly(), by: SaidBy });
export type PreviewedCommands = Readonly<z.infer<typeof PreviewedCommands>>;

/** What would hold for a run, told before it is delegated. A schema, since the editor reads it from a program too. */
export const Preview = z.object({
  /** The branch whose `.longhaul/config.yaml` was read; null: there is no such file. */
  settings: z.string().nullable(),
  /** `price` null: not known. */
  model: z.object({ name: z.string(), by: SaidBy, price: ModelPrice.nullable() }),
  budget: Budget,
  setup: PreviewedCommands,
  verification: PreviewedCommands,
  policy: z.object({ otherwise: Policy.shape.otherwise, rules: z.int().nonnegative() }),
  /** Hosts that are reached unasked, by setup or by commands of the agent. Sorted, each once. */
  hosts: z.array(z.string()).readonly(),
  /** Sentences about what does not hold, or is not read. */
  notes: z.array(z.string()).readonly(),
});
export type Preview = Readonly<z.infer<typeof Preview>>;

type Said = Pick<TermSources, 'own' | 'recipe' | 'repository'>;

/** Who of those with a say said it last, in the order that `termsOf` asks them. */
export const saidBy = ({ own, recipe, repository }: Said, what: 'setup' | 'verification' | 'model'): SaidBy => {
  if (own[what] !== null) return 'delegation';
  if (recipe !== null && recipe[what] !== null) return 'recipe';
  return (repository?.[what] ?? null) === null ? 'runner' : 'repository';
};

/** The hosts that terms open: those of setup, and those that rules let the agent's commands reach with nobody being asked. */
export const openHosts = ({ setup, policy }: Pick<Terms, 'setup' | 'policy'>): readonly string[] => {
  const allowed = policy.rules.flatMap(({ verdict, network, command }) =>
    verdict === 'allow' && network !== undefined ? [{ command: command ?? 'true', host: network }] : [],
  );
  const unasked = allowed.filter((opening) => verdictOn(policy, opening).verdict === 'allow');
  const hosts = [...setup.flatMap(({ network }) => network), ...unasked.map(({ host }) => host)];
  return [...new Set(hosts)].toSorted();
};
