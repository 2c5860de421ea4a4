import { toolNature, type ToolName } from '../tool/arguments.ts';
import { globMatches } from './glob.ts';
import type { Policy, PolicyRule, Verdict } from './policy.ts';
import { mayRun, onlyRuns } from './shell.ts';

/** What policy needs to know of a call. `paths` are relative to the workspace and normalised. */
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

const hostMatches = (pattern: string, host: string): boolean =>
  pattern === host || pattern === '*' || (pattern.startsWith('*.') && host.endsWith(pattern.slice(1)));

/** An allow must cover the whole call; an ask or a deny needs only touch it. */
const covers = <Item>(rule: PolicyRule, items: readonly Item[], matches: (item: Item) => boolean): boolean =>
  rule.verdict === 'allow' ? items.length > 0 && items.every(matches) : items.some(matches);

export const ruleMatches = (rule: PolicyRule, call: PolicyCall): boolean => {
  const { tool, command, path, network } = rule;
  if (tool !== undefined && !tool.includes(call.tool)) return false;
  if (command !== undefined) {
    if (call.command === null) return false;
    if (!(rule.verdict === 'allow' ? onlyRuns(call.command, command) : mayRun(call.command, command))) return false;
  }
  if (path !== undefined && !covers(rule, call.paths, (item) => globMatches(path, item))) return false;
  if (network !== undefined && !covers(rule, call.network, (item) => hostMatches(network, item))) return false;
  return true;
};

/** The strictest of all rules that match; where none does, what the policy says of such calls otherwise. */
export const judge = (policy: Policy, call: PolicyCall): Judgement => {
  const matching = policy.rules.filter((rule) => ruleMatches(rule, call));
  const repeatable = matching.some((rule) => rule.repeatable === true);
  const strictest = matching.reduce<PolicyRule | null>(
    (best, rule) => (best === null || strictness[rule.verdict] > strictness[best.verdict] ? rule : best),
    null,
  );
  // A rule about a command or a path says nothing about the network: only a rule that names hosts opens it.
  const opened =
    call.network.length === 0 || matching.some((rule) => rule.network !== undefined && rule.verdict === 'allow');
  if (!opened && (strictest === null || strictness[strictest.verdict] < strictness[policy.otherwise.network]))
    return {
      verdict: policy.otherwise.network,
      rule: null,
      reason: `It asks for network access to ${call.network.join(', ')}.`,
      repeatable,
    };
  if (strictest !== null)
    return { verdict: strictest.verdict, rule: strictest.id, reason: strictest.reason, repeatable };
  const nature = toolNature[call.tool];
  if (nature === 'records') return { verdict: 'allow', rule: null, reason: 'It only writes to the log.', repeatable };
  return {
    verdict: policy.otherwise[nature],
    rule: null,
    reason: `No rule names it; the policy says ${policy.otherwise[nature]} to such calls.`,
    repeatable,
  };
};

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
