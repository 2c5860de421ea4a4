import { ToolName, toolNature } from '../tool/arguments.ts';
import { resolved } from './call.ts';
import { allRules, matchesTo, type PolicyCall } from './evaluate.ts';
import { globGoesBelow, globTouches } from './names.ts';
import type { Policy, PolicyRule, TaskPolicy } from './policy.ts';

/** One file that differs between two trees, by its path in the repository. */
export interface PathChange {
  readonly path: string;
  /** Where a link leads: by its own text, and once every link on the way is followed. `/…` and `../…` are out of the repository. Empty: it is no link. */
  readonly leads: readonly string[];
}

/** What policy says of a difference. `allow` is no verdict of it: what nothing forbids may stay. */
export interface DifferenceJudgement {
  readonly verdict: 'ask' | 'deny';
  readonly rule: string;
  readonly reason: string;
  /** What the verdict is about, in the order of the difference. */
  readonly paths: readonly string[];
}

const changing = ToolName.options.filter((tool) => toolNature[tool] === 'changes');

/** Whether a rule is about changes that such a call makes, whatever their paths are. */
const isAbout = (rule: PolicyRule, call: PolicyCall): boolean =>
  rule.verdict !== 'allow' &&
  rule.path !== undefined &&
  changing.some((tool) => matchesTo({ ...rule, path: undefined }, { ...call, tool }, 'part'));

/** A link is also what lies behind it; in the place of a folder, or to one, it stands for all that the glob names there. */
const touches = (glob: string, { path, leads }: PathChange): boolean => {
  if (globTouches(glob, path)) return true;
  return (
    leads.length > 0 &&
    [path, ...leads].some(
      (name) => globTouches(glob, name) || globTouches(glob, `${name}/`) || globGoesBelow(glob, name),
    )
  );
};

/**
 * What the rules that ask or deny by path say of what a call has changed, whichever tool did it: a rule about `write` is about the
 * file and not about the way there. Null: nothing.
 */
export const judgeDifference = (
  policy: Policy | TaskPolicy,
  call: PolicyCall,
  changes: readonly PathChange[],
): DifferenceJudgement | null => {
  const matching = allRules(policy).flatMap((rule) => {
    const glob = rule.path;
    if (glob === undefined || !isAbout(rule, call)) return [];
    const paths = changes.filter((change) => touches(glob, change)).map(({ path }) => path);
    return paths.length === 0 ? [] : [{ rule, paths }];
  });
  const verdict = matching.some(({ rule }) => rule.verdict === 'deny') ? 'deny' : 'ask';
  const decisive = matching.filter(({ rule }) => rule.verdict === verdict);
  const [first] = decisive;
  if (first === undefined) return null;
  const about = new Set(decisive.flatMap(({ paths }) => paths));
  return {
    verdict,
    rule: first.rule.id,
    reason: [...new Set(decisive.map(({ rule }) => rule.reason))].join(' '),
    paths: changes.map(({ path }) => path).filter((path) => about.has(path)),
  };
};

/** Where a link at `path` with this target leads, by the text of both; what leaves the repository keeps its `..` or its `/`. */
export const linkLeadsTo = (path: string, target: string, root: string): string => {
  const inside = target === root ? '' : target.startsWith(`${root}/`) ? target.slice(root.length + 1) : null;
  if (target.startsWith('/') && inside === null) return target;
  return resolved(inside ?? `${path.split('/').slice(0, -1).join('/')}/${target}`);
};
