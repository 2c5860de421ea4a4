import { hiddenMark } from '../forges/texts.ts';

/**
 * A text for GitLab in which nothing is done: a line that is a quick action (`/merge`, `/approve`, …) would be done in the token's name, whoever wrote
 * it. A code block shows the backslash.
 */
export const inert = (markdown: string): string =>
  markdown.replace(/^([ \t]*)\/(?=[A-Za-z_-]+[ \t]*(?:\s|$))/gm, '$1\\/');

/** The same, with a mark that is not seen. */
export const marked = (markdown: string, mark: string): string => `${inert(markdown)}\n\n${hiddenMark(mark)}`;
