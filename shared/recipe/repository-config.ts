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

/** `npm test`, or the same with more to say: `{run: npm ci, network: [packages.example.org], timeout: 900}` (seconds). */
const ConfiguredCommand = z.preprocess(
  (value) => (typeof value === 'string' ? { run: value } : value),
  z.strictObject({
    run: z.string().trim().min(1),
    network: z.array(HostName).max(20).default([]),
    timeout: z.int().min(1).max(longestTimeoutSeconds).default(defaultTimeoutSeconds),
  }),
);

/** Rules of a repository get this before their ids, so that everyone sees whose they are. */
const prefix = 'repository-';

/** Of `.longhaul/config.yaml`, as the YAML is parsed. All of it may be left out. */
const Config = z.strictObject({
  setup: z.array(ConfiguredCommand).max(20).default([]),
  verification: z.array(ConfiguredCommand).max(20).default([]),
  /** Hosts that commands of the agent may reach unasked: short for rules that allow them. */
  egress: z
    .array(HostName.refine(isNarrow, 'a wildcard needs at least two names behind it, such as *.example.org'))
    .max(50)
    .default([]),
  policy: z
    .strictObject({
      rules: z.array(PolicyRule).max(100).default([]),
      otherwise: z.strictObject({ reads: Verdict, changes: Verdict, network: Verdict }).partial().default({}),
    })
    .prefault({}),
  model: z.string().trim().min(1).nullable().default(null),
  budget: Budget.partial().default({}),
});

export interface RepositoryConfig {
  readonly setup: readonly PlannedCommand[];
  readonly verification: readonly PlannedCommand[];
  readonly policy: RepositoryPolicy;
  readonly model: string | null;
  readonly budget: RepositoryBudget;
}

export type RepositoryBudget = { readonly [Name in keyof Budget]?: Budget[Name] | undefined };

export interface RepositoryPolicy {
  /** With the ids that they have in a merged policy. */
  readonly rules: readonly PolicyRule[];
  readonly otherwise: { readonly [Name in keyof Policy['otherwise']]?: Verdict | undefined };
}

export type ParsedConfig =
  | { readonly outcome: 'ok'; readonly config: RepositoryConfig }
  /** Every fault, a sentence each. */
  | { readonly outcome: 'refused'; readonly faults: readonly string[] };

/** What `.longhaul/config.yaml` says, once its YAML is parsed; an empty file (null) says nothing. */
export const parseRepositoryConfig = (value: unknown): ParsedConfig => {
  const parsed = Config.safeParse(value ?? {});
  if (!parsed.success)
    return {
      outcome: 'refused',
      faults: parsed.error.issues.map((issue) => `${issueText(new z.ZodError([issue]), 'the file')}.`),
    };
  const { setup, verification, egress, policy, model, budget } = parsed.data;
  const rules = [...policy.rules.map((rule) => ({ ...rule, id: prefix + rule.id })), ...egress.map(egressRule)];
  const faults = [...ruleFaults(policy.rules), ...brokenExamples({ rules: policy.rules, otherwise: strictest })];
  if (faults.length > 0) return { outcome: 'refused', faults };
  return {
    outcome: 'ok',
    config: {
      setup: setup.map(planned),
      verification: verification.map(planned),
      policy: { rules, otherwise: policy.otherwise },
      model,
      budget,
    },
  };
};

/** No rule of a repository depends on it; examples are judged by their rule alone. */
const strictest: Policy['otherwise'] = { reads: 'deny', changes: 'deny', network: 'deny' };

const planned = ({ run, network, timeout }: z.output<typeof ConfiguredCommand>): PlannedCommand => ({
  command: run,
  network,
  timeoutSeconds: timeout,
});

const egressRule = (host: string, index: number): PolicyRule => ({
  id: `${prefix}egress-${index + 1}`,
  verdict: 'allow',
  reason: `The repository's configuration lets commands reach ${host}.`,
  network: host,
  examples: { matches: [{ tool: 'bash', network: [host] }], not: [{ tool: 'bash' }] },
});

/** `*` or `*.org` would be the whole internet, for an agent that reads the repository's code. */
function isNarrow(host: string): boolean {
  return !host.startsWith('*') || host.split('.').length > 2;
}

const ruleFaults = (rules: readonly PolicyRule[]): readonly string[] => [
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
    .filter((rule) => rule.verdict === 'allow' && rule.network !== undefined && !isNarrow(rule.network))
    .map(
      (rule) =>
        `Rule ${rule.id} allows ${rule.network}: name the hosts, or give a wildcard at least two names behind it.`,
    ),
];

const order: readonly Verdict[] = ['allow', 'ask', 'deny'];
const stricter = (one: Verdict, other: Verdict | undefined): Verdict =>
  other !== undefined && order.indexOf(other) > order.indexOf(one) ? other : one;

/**
 * The policy of a run in a repository that brings rules of its own. The configuration is read from the default branch, so
 * it is as trustworthy as what people merge there, and no more: it is trusted to know its project, not to overrule the
 * user. Its rules are added to the user's. Since the strictest rule wins, they can forbid or ask about anything, and can
 * allow only what no rule of the user asks about or denies: in effect, named hosts and what `otherwise` leaves to be
 * asked. `otherwise` itself can only become stricter. The agent cannot change any of it: the default branch is read at delegation.
 */
export const mergePolicy = (users: Policy, repositorys: RepositoryPolicy): Policy => ({
  rules: [...users.rules, ...repositorys.rules],
  otherwise: {
    reads: stricter(users.otherwise.reads, repositorys.otherwise.reads),
    changes: stricter(users.otherwise.changes, repositorys.otherwise.changes),
    network: stricter(users.otherwise.network, repositorys.otherwise.network),
  },
});

/** The budget of a run in a repository that brings limits of its own: these can only be lower than the user's, whose money it is. */
export const mergeBudget = (users: Budget, repositorys: RepositoryBudget): Budget => {
  const merged = { ...users };
  for (const name of budgetNames) {
    const limits = [users[name], repositorys[name] ?? null].filter((limit) => limit !== null);
    merged[name] = limits.length === 0 ? null : Math.min(...limits);
  }
  return merged;
};
