import type { RunEvent } from '../run/events.ts';
import { passed, type RunState } from '../run/state.ts';
import { actor, shownPath } from '../text/clean.ts';
import { plural } from '../text/figures.ts';
import { plainLine, plainText } from './plain-markdown.ts';

/** Remarks that are named. */
const mostRemarks = 50;
/** Characters of what the agent says; GitHub takes 65,536 in all. */
const mostSaid = 10_000;

/**
 * What is said on a pull request of a round that goes into it: what was asked for, and what the agent says it did. Null: nobody asked for it, as with a
 * first round. Texts of others are shown as they are: nothing in them mentions anybody, or becomes a link.
 */
export const roundComment = (run: RunState, events: readonly RunEvent[]): string | null => {
  const asked = events.findLast(({ body }) => body.type === 'review.decided' && body.verdict === 'changes')?.body;
  if (asked?.type !== 'review.decided') return null;
  const { from, by, reason, comments, merge } = asked;
  const asks = from === 'checks' ? 'checks that failed' : `what ${plainLine(actor(by))} asked for`;
  const why = merge === null ? asks : `the conflict with ${plainLine(merge.branch)}, which is merged here`;
  const remarks = comments
    .slice(0, mostRemarks)
    .map(({ path, line, text }) => `${shownPath(path)}${line === null ? '' : `:${line}`}: ${text}`);
  const quoted = [...(reason === '' ? [] : [firstLines(reason)]), ...remarks.map(firstLines)];
  const ran = run.verification.length;
  const good = run.verification.filter(passed).length;
  return [
    `**Round ${run.round}**, for ${why}:`,
    ...(quoted.length === 0 ? [] : [quoted.map((text) => `> ${plainLine(text)}`).join('\n>\n')]),
    run.report === null ? 'The agent reported nothing.' : plainText(run.report.summary.slice(0, mostSaid)),
    ran === 0
      ? '**Nothing was run to verify it.**'
      : `Verification, run by Longhaul: ${good} of ${plural(ran, 'command')} passed.`,
  ].join('\n\n');
};

/** Of a text in many lines so much that one knows which it is. */
const firstLines = (text: string): string => {
  const line = text.trim().split('\n').slice(0, 3).join(' ');
  return line.length <= 300 ? line : `${line.slice(0, 300)}…`;
};
