import { trailerName } from '../../../shared/run/effect.ts';
import type { ChecksFailed } from '../../../shared/run/command.ts';
import { clean, cleanLine } from '../../../shared/text/clean.ts';

/** Characters of one text that others wrote. */
const longest = 10_000;

export const textOf = (body: string): string => {
  const text = body.trim();
  return text.length <= longest ? text : `${text.slice(0, longest)}…`;
};

/** An address that a server gave, for a person to follow; null: it is none. */
export const webUrl = (text: string): string | null => (/^https?:\/\/[!-~]{1,1990}$/.test(text) ? text : null);

/** A mark as it is hidden in Markdown. */
export const hiddenMark = (mark: string): string => `<!-- ${mark} -->`;

/** Said by a run: by this it is told from what people say. */
export const isOfRun = (text: string | null | undefined): boolean => text?.includes(`<!-- ${trailerName}`) === true;

const command = /^\s*\/longhaul[ \t]+([a-z0-9][a-z0-9-]{0,30})(?![\w-])[ \t]*/i;

/** What a comment begins with that is for us, such as `/longhaul fix the rest`; null: nothing. `command`: in lower case. */
export const commandIn = (body: string): { readonly command: string; readonly rest: string } | null => {
  const found = command.exec(body);
  return found === null ? null : { command: found[1]?.toLowerCase() ?? '', rest: body.slice(found[0].length) };
};

/** What a check that failed said, if anything. */
export interface ToldCheck {
  readonly name: string;
  readonly said: string;
}

/** Of so many checks it is told what they said; the others are named. */
export const mostToldChecks = 5;

/** Of checks that failed: the names of all, and what some of them said. All of it is data. */
export const failureReason = (names: readonly string[], told: readonly ToldCheck[]): ChecksFailed['reason'] => {
  const named = names.map((name) => cleanLine(name).slice(0, 200)).filter((name) => name !== '');
  return [
    `Failed: ${named.slice(0, 20).join(', ') || 'a check without a name'}`,
    ...told.flatMap(({ name, said }) => (said === '' ? [] : [`${cleanLine(name)}:\n${said}`])),
  ].join('\n\n');
};

/** The end of a job's log as it is told. */
export const logEnd = (log: string): string => `Its log ends so:\n${clean(log).trim()}`;

/** The same as one text: what failed, and remarks on lines. */
export const failureText = ({ reason, comments }: ChecksFailed): string =>
  [reason, ...remarkTexts(comments)].join('\n\n');

/** Of each where it stands and what it says: `src/sum.js:12: It subtracts.` */
export const remarkTexts = (comments: ChecksFailed['comments']): readonly string[] =>
  comments.map(({ path, line, text }) => `${path}${line === null ? '' : `:${line}`}: ${text}`);
