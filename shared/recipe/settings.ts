import { z } from 'zod';
import { brokenExamples } from '../policy/evaluate.ts';
import { PolicyRule, Verdict, type Policy } from '../policy/policy.ts';
import { Budget, budgetNames } from '../run/budget.ts';
import type { PlannedCommand } from '../run/events.ts';
import { HostName } from '../tool/arguments.ts';
import { issueText } from '../tool/issues.ts';

/** Commands that install or test a project take minutes, seldom more. */
const defaultTimeoutSeconds = 600;
const longestTimeoutSeconds = 3600;

/** `*` or `*.org` would be the whole internet, for what the repository's code is in. */
const NarrowHost = HostName.refine(isNarrow, 'a wildcard needs at least two names behind it, such as *.example.org');

/** `npm test`, or the same with more to say: `{run: npm ci, network: [packages.example.org], timeout: 900}` (seconds). */
const ConfiguredCommand = z.preprocess(
  (value) => (typeof value === 'string' ? { run: value } : value),
  z.strictObject({
    run: z.string().trim().min(1),
    network: z.array(NarrowHost).max(20).default([]),
    timeout: z.int().min(1).max(longestTimeoutSeconds).default(defaultTimeoutSeconds),
  }),
);
export const ConfiguredCommands = z.array(ConfiguredCommand).max(20);

/** What the configuration of a repository and a recipe can both say, as their YAML is parsed. All of it may be left out. */
export const common = {
  /** Hosts that commands of the agent may reach unasked: short for rules that allow them. */
  egress: z.array(NarrowHost).max(50).default([]),
  policy: z
    .strictObject({
      rules: z.array(PolicyRule).max(100).default([]),
      otherwise: z.strictObject({ reads: Verdict, changes: Verdict, network: Verdict }).partial().default({}),
    })
    .prefault({}),
  model: z.string().trim().min(1).nullable().default(null),
  budget: Budget.partial().default({}),
};

/** Limits of which each can only be lower than that of the user, whose money it is. */
export type LowerBudget = { readonly [Name in keyof Budget]?: Budget[Name] | undefined };

/** What is added to the policy of a user. */
export interface AddedPolicy {
  /** With the ids that they have in a merged policy. */
  readonly rules: readonly PolicyRule[];
  readonly otherwise: { readonly [Name in keyof Policy['otherwise']]?: Verdict | undefined };
}

/** Whose rules they are. Their ids get the prefix, so that everyone sees it. */
export interface RuleOwner {
  readonly prefix: 'operator-' | 'repository-' | 'recipe-';
  /** As the subject of a sentence. */
  readonly name: string;
  /** The id that rules of its own making begin with, besides `egress-`. */
  readonly reserved: readonly string[];
}

export const planned = (commands: z.output<typeof ConfiguredCommands>): readonly PlannedCommand[] =>
  commands.map(({ run, network, timeout }) => ({ command: run, network, timeoutSeconds: timeout }));

/** A sentence for each thing that is wrong. */
export const schemaFaults = (error: z.ZodError, whole: string): readonly string[] =>
  error.issues.map((issue) => `${issueText(new z.ZodError([issue]), whole)}.`);

/** The rules as they are added to a policy, and what is wrong with them, a sentence each. */
export const addedPolicy = (
  { policy, egress }: { readonly policy: z.output<typeof common.policy>; readonly egress: readonly string[] },
  owner: RuleOwner,
): { readonly policy: AddedPolicy; readonly faults: readonly string[] } => ({
  policy: {
    rules: [
      ...policy.rules.map((rule) => ({ ...rule, id: owner.prefix + rule.id })),
      ...egress.map((host, index) => egressRule(host, index, owner)),
    ],
    otherwise: policy.otherwise,
  },
  faults: [...ruleFaults(policy.rules, owner), ...brokenExamples({ rules: policy.rules, otherwise: strictest })],
});

/** No rule of a repository depends on it; examples are judged by their rule alone. */
const strictest: Policy['otherwise'] = { reads: 'deny', changes: 'deny', network: 'deny' };

const egressRule = (host: string, index: number, { prefix, name }: RuleOwner): PolicyRule => ({
  id: `${prefix}egress-${index + 1}`,
  verdict: 'allow',
  reason: `${name} lets commands reach ${host}.`,
  network: host,
  examples: { matches: [{ tool: 'bash', network: [host] }], not: [{ tool: 'bash' }] },
});

/** `*` or `*.org` would be the whole internet, for an agent that reads the repository's code. */
function isNarrow(host: string): boolean {
  return !host.startsWith('*') || host.split('.').length > 2;
}

const ruleFaults = (rules: readonly PolicyRule[], { prefix, reserved }: RuleOwner): readonly string[] => [
  ...rules
    .filter((rule, index) => rules.findIndex((other) => other.id === rule.id) !== index)
    .map((rule) => `Two rules have the id ${rule.id}.`),
  ...rules
    .filter((rule) => !PolicyRule.shape.id.safeParse(prefix + rule.id).success)
    .map((rule) => `The id ${rule.id} is too long by ${prefix.length} characters or less.`),
  ...rules
    .filter((rule) => rule.id.startsWith('egress-'))
    .map((rule) => `The id ${rule.id} is one of those that egress makes.`),
  ...rules
    .filter((rule) => reserved.includes(rule.id))
    .map((rule) => `The id ${rule.id} is that of the rule which "${rule.id}" makes.`),
  ...rules
    .filter((rule) => rule.verdict === 'allow' && rule.network !== undefined && !isNarrow(rule.network))
    .map(
      (rule) =>
        `Rule ${rule.id} allows ${rule.network}: name the hosts, or give a wildcard at least two names behind it.`,
    ),
];

const order: readonly Verdict[] = ['allow', 'ask', 'deny'];
/** Whether one verdict lets through no more than another. */
export const asStrict = (one: Verdict, other: Verdict): boolean => order.indexOf(one) >= order.indexOf(other);
const stricter = (one: Verdict, other: Verdict | undefined): Verdict =>
  other === undefined || asStrict(one, other) ? one : other;

/**
 * The policy of a run in a repository that brings rules of its own, in its configuration or in a recipe. Both are read from
 * the default branch, so they are as trustworthy as what people merge there, and no more: trusted to know their project,
 * not to overrule the user. Their rules are added to the user's. Since the strictest rule wins, they can forbid or ask
 * about anything, and can allow only what no rule of the user asks about or denies: in effect, named hosts and what
 * `otherwise` leaves to be asked. `otherwise` itself can only become stricter. The agent cannot change any of it: the
 * default branch is read at delegation.
 */
export const mergePolicy = (users: Policy, added: AddedPolicy): Policy => ({
  rules: [...users.rules, ...added.rules],
  otherwise: {
    reads: stricter(users.otherwise.reads, added.otherwise.reads),
    changes: stricter(users.otherwise.changes, added.otherwise.changes),
    network: stricter(users.otherwise.network, added.otherwise.network),
  },
});

/** What a layer says by itself, and nothing of the rest; null: it forbids nothing and asks about nothing. */
export const limitOf = ({ rules, otherwise }: AddedPolicy): Policy | null => {
  const alone: Policy = {
    rules: [...rules],
    otherwise: {
      reads: otherwise.reads ?? 'allow',
      changes: otherwise.changes ?? 'allow',
      network: otherwise.network ?? 'allow',
    },
  };
  const silent =
    rules.every(({ verdict }) => verdict === 'allow') &&
    Object.values(alone.otherwise).every((each) => each === 'allow');
  return silent ? null : alone;
};

/** The budget of a run in a repository that brings limits of its own, in its configuration or in a recipe. */
export const mergeBudget = (users: Budget, lower: LowerBudget): Budget => {
  const merged = { ...users };
  for (const name of budgetNames) {
    const limits = [users[name], lower[name] ?? null].filter((limit) => limit !== null);
    merged[name] = limits.length === 0 ? null : Math.min(...limits);
  }
  return merged;
};
