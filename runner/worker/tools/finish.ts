import { parseOutput } from '../../../shared/run/output.ts';
import { defineTool, done, failed, type ToolContext } from './tool.ts';

/** They ran, but show nothing about the work. */
const showNothing: ReadonlySet<string> = new Set(['plan', 'finish']);
/** Ids that an error lists, the latest last. */
const mostIds = 30;

export const finish = defineTool({
  name: 'finish',
  description:
    'Hand the work over for review, when the goal is reached or cannot be reached. State what was done and, in claims, what is true now; each claim names the ids of the calls that show it (the text in brackets at the beginning of an output). Afterwards Longhaul runs the verification commands itself.',
  run: ({ summary, claims, output: given }, context) => {
    const evidence = evidenceOf(context.finishedCalls);
    // Outputs begin with the id in brackets, and models copy them.
    const named = claims.map(({ text, calls }) => ({
      text,
      calls: calls.map((call) => call.replace(/^\[(.*)\]$/, '$1')),
    }));
    const unknown = [...new Set(named.flatMap((claim) => claim.calls))].filter((call) => !evidence.has(call));
    if (unknown.length > 0) return failed(wrongIds(unknown, evidence));
    const parsed = parseOutput(context.wanted, given);
    if (parsed.outcome === 'invalid') return failed(parsed.message);
    const { output } = parsed;
    return { ...done('The report is submitted.'), record: { report: { summary, claims: named }, output } };
  },
});

const evidenceOf = (finished: ToolContext['finishedCalls']): ReadonlyMap<string, string> =>
  new Map([...finished].filter(([, call]) => !showNothing.has(call.tool)).map(([id, call]) => [id, call.tool]));

const wrongIds = (unknown: readonly string[], evidence: ReadonlyMap<string, string>): string => {
  const wrong = `No call that can show anything has the id ${unknown.map((id) => JSON.stringify(id)).join(' or ')}.`;
  if (evidence.size === 0) return `${wrong} None has run yet: finish without claims, or run what would show them.`;
  const listed = [...evidence].slice(-mostIds).map(([id, tool]) => `${id} (${tool})`);
  return `${wrong} Name calls that ran, such as: ${listed.join(', ')}.`;
};
