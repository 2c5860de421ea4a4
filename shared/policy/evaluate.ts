import { toolNature, type ToolName } from '../tool/arguments.ts';
import { globMatches } from './glob.ts';
import { globTouches } from './names.ts';
import type { Policy, PolicyRule, TaskPolicy, Verdict } from './policy.ts';
import { mayRun, onlyRuns } from './shell.ts';

/**
 * What policy needs to know of a call. `paths` are relative to the workspace and normalised: as the call names them, and where they
 * lead once every link in the workspace is followed. An allow has to cover both, an ask or a deny to touch one.
 */
export interface PolicyCall {
  readonly tool: ToolName;
  readonly command: string | null;
  readonly paths: readonly string[];
  readonly network: readonly string[];
}

export interface Judgement {
  readonly verdict: Verdict;
  /** Id of the rule that decided; null: none matched. */
  readonly rule: string | null;
  readonly reason: string;
  readonly repeatable: boolean;
}

const strictness: Record<Verdict, number> = { allow: 0, ask: 1, deny: 2 };

/** How much of a call a rule must match: all of it to say that it may run, any of it to say that it may not. */
type Extent = 'whole' | 'part';

const hostMatches = (pattern: string, host: string): boolean =>
  pattern === host || pattern === '*' || (pattern.startsWith('*.') && host.endsWith(pattern.slice(1)));

/** Calls may ask for `*.example.org` too, and with it for every host below. */
const hostTouches = (pattern: string, host: string): boolean =>
  hostMatches(pattern, host) || hostMatches(host, pattern);

const covers = (items: readonly string[], extent: Extent, matches: (item: string) => boolean): boolean =>
  extent === 'whole' ? items.length > 0 && items.every(matches) : items.some(matches);

export const matchesTo = (rule: PolicyRule, call: PolicyCall, extent: Extent): boolean => {
  const { tool, command, path, network } = rule;
  if (tool !== undefined && !tool.includes(call.tool)) return false;
  if (command !== undefined) {
    if (call.command === null) return false;
    if (!(extent === 'whole' ? onlyRuns(call.command, command) : mayRun(call.command, command))) return false;
  }
  const names = extent === 'whole' ? globMatches : globTouches;
  if (path !== undefined && !covers(call.paths, extent, (item) => names(path, item))) return false;
  const reaches = extent === 'whole' ? hostMatches : hostTouches;
  return network === undefined || covers(call.network, extent, (item) => reaches(network, item));
};

/** An allow must cover the whole call; an ask or a deny needs only touch it. */
const ruleMatches = (rule: PolicyRule, call: PolicyCall): boolean =>
  matchesTo(rule, call, rule.verdict === 'allow' ? 'whole' : 'part');

type Opinion = Omit<Judgement, 'repeatable'>;

const opinion = (rule: PolicyRule): Opinion => ({ verdict: rule.verdict, rule: rule.id, reason: rule.reason });

/** What is to be said of the call apart from hosts. A rule about hosts alone does not say that a command may run. */
const opinionOnCall = (policy: Policy, allowing: readonly PolicyRule[], { tool }: PolicyCall): Opinion => {
  const rule = allowing.find(
    ({ network, command, path }) => network === undefined || command !== undefined || path !== undefined,
  );
  if (rule !== undefined) return opinion(rule);
  const nature = toolNature[tool];
  if (nature === 'records') return { verdict: 'allow', rule: null, reason: 'It only writes to the log.' };
  const verdict = policy.otherwise[nature];
  return { verdict, rule: null, reason: `No rule names it; the policy says ${verdict} to such calls.` };
};

/** What is to be said of the hosts it asks for. Each needs a rule that names hosts: one about a command opens no network. */
const opinionOnNetwork = (policy: Policy, call: PolicyCall): Opinion | null => {
  const opening = call.network.map((host) =>
    policy.rules.find(
      (rule) =>
        rule.verdict === 'allow' &&
        rule.network !== undefined &&
        matchesTo(rule, { ...call, network: [host] }, 'whole'),
    ),
  );
  const [first] = opening;
  if (first !== undefined && !opening.includes(undefined)) return opinion(first);
  const reason = `It asks for network access to ${call.network.join(', ')}.`;
  return call.network.length === 0 ? null : { verdict: policy.otherwise.network, rule: null, reason };
};

/**
 * The strictest of all that is to be said of a call: by the rules that ask or deny, on the hosts it asks for, and on the
 * rest of it. Where no rule matches, the policy's `otherwise` speaks. Between equals the first named here gives the reason.
 */
const judgeOne = (policy: Policy, call: PolicyCall): Judgement => {
  const matching = policy.rules.filter((rule) => ruleMatches(rule, call));
  const allowing = matching.filter((rule) => rule.verdict === 'allow');
  const network = opinionOnNetwork(policy, call);
  const opinions: readonly Opinion[] = [
    ...matching.filter((rule) => rule.verdict !== 'allow').map(opinion),
    ...(network === null ? [] : [network]),
  ];
  const strictest = opinions.reduce(
    (best, other) => (strictness[other.verdict] > strictness[best.verdict] ? other : best),
    opinionOnCall(policy, allowing, call),
  );
  const decisive = opinions.find((other) => other.verdict === strictest.verdict) ?? strictest;
  // What one part of a command line may repeat, the rest of it perhaps must not.
  const repeatable = matching.some((rule) => rule.repeatable === true && matchesTo(rule, call, 'whole'));
  return { ...decisive, repeatable };
};

/** A policy by itself, or that of a task: of what all its layers say, the strictest. Only the first can say that a call may be repeated. */
export const judge = (policy: Policy | TaskPolicy, call: PolicyCall): Judgement => {
  const first = judgeOne(policy, call);
  return limitsOf(policy).reduce((strictest, limit) => {
    const other = judgeOne(limit, call);
    return strictness[other.verdict] > strictness[strictest.verdict]
      ? { ...other, repeatable: first.repeatable }
      : strictest;
  }, first);
};

const limitsOf = (policy: Policy | TaskPolicy): readonly Policy[] => ('limits' in policy ? policy.limits : []);

/** The rules of a policy and of all of its limits, which is what there is to go by where only asking and denying count. */
export const allRules = (policy: Policy | TaskPolicy): readonly PolicyRule[] =>
  [policy, ...limitsOf(policy)].flatMap(({ rules }) => rules);

/** Tools whose every call some rule denies, whatever it does: there is no use in telling a model of them. */
export const deniedTools = (policy: Policy | TaskPolicy): readonly ToolName[] => [
  ...new Set([policy, ...limitsOf(policy)].flatMap(deniedBy)),
];

const deniedBy = ({ rules }: Policy): readonly ToolName[] =>
  rules.flatMap(({ verdict, tool, command, path, network }) =>
    verdict === 'deny' && command === undefined && path === undefined && network === undefined ? (tool ?? []) : [],
  );

/** Every rule whose own examples do not hold, in sentences. Empty: the policy may be used. */
export const brokenExamples = (policy: Policy): readonly string[] =>
  policy.rules.flatMap((rule) => {
    const asCall = (example: PolicyRule['examples']['matches'][number]): PolicyCall => ({
      tool: example.tool,
      command: example.command ?? null,
      paths: example.path === undefined ? [] : [example.path],
      network: example.network ?? [],
    });
    return [
      ...rule.examples.matches
        .filter((example) => !ruleMatches(rule, asCall(example)))
        .map((example) => `Rule ${rule.id} should match ${JSON.stringify(example)} and does not.`),
      ...rule.examples.not
        .filter((example) => ruleMatches(rule, asCall(example)))
        .map((example) => `Rule ${rule.id} should not match ${JSON.stringify(example)} and does.`),
    ];
  });
