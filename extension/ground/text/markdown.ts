/**
 * A text as Markdown of which nothing is taken for Markdown, as VS Code's `appendText` makes it, but for the spaces: of those it makes ones that no line is
 * broken at, so that lines are broken amid words.
 */
export const escaped = (text: string): string =>
  text
    .trim()
    .replace(/[!-/:-@[-`{-~]/g, '\\$&')
    .replace(/\s*\n\s*/g, '\n\n')
    .replace(/[ \t]+/g, ' ');
