import { parseDocument } from 'yaml';
import { brokenExamples } from '../../shared/policy/evaluate.ts';
import { Policy } from '../../shared/policy/policy.ts';
import { issueText } from '../../shared/tool/issues.ts';

export type ParsedPolicy =
  | { readonly outcome: 'ok'; readonly policy: Policy }
  /** A sentence each. */
  | { readonly outcome: 'invalid'; readonly problems: readonly string[] };

/** A policy as YAML, of which JSON is a part, with its own examples checked. */
export const parsePolicy = (text: string): ParsedPolicy => {
  const document = parseDocument(text);
  if (document.errors.length > 0)
    return { outcome: 'invalid', problems: document.errors.map((error) => error.message) };
  const parsed = Policy.safeParse(document.toJS({ maxAliasCount: 100 }));
  if (!parsed.success) return { outcome: 'invalid', problems: [issueText(parsed.error, 'policy')] };
  const broken = brokenExamples(parsed.data);
  return broken.length === 0 ? { outcome: 'ok', policy: parsed.data } : { outcome: 'invalid', problems: broken };
};
