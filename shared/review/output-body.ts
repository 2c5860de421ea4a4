import type { RunState } from '../run/state.ts';
import { actor } from '../text/clean.ts';
import { plainLine } from './plain-markdown.ts';
import { safeMarkdown } from './safe-markdown.ts';

/** GitHub takes 65,536 characters. */
const mostCharacters = 60_000;

/** What an agent wrote as it is published: nothing in it has an effect. Notes of a release are anybody's words in the end; elsewhere who wrote it stands below. */
export const outputBody = (
  { number, task }: Pick<RunState, 'number' | 'task'>,
  { kind, text }: { readonly kind: 'comment' | 'issue' | 'release'; readonly text: string },
): string => {
  const said = withinLimit(text);
  if (kind === 'release') return said;
  return `${said}\n\n---\nWritten by an agent: run ${number} of Longhaul, for ${plainLine(actor(task.requester))}.`;
};

/** Cut as it was written, so that nothing that is opened in it stays open. */
const withinLimit = (text: string): string => {
  const whole = safeMarkdown(text);
  if (whole.length <= mostCharacters) return whole;
  let most = text.length;
  let cut = whole;
  while (cut.length > mostCharacters) {
    most = Math.floor(most * 0.8);
    cut = safeMarkdown(text.slice(0, most));
  }
  return `${cut}\n\n…the rest is in Longhaul.`;
};
