import { headOf, outputBytes } from './output.ts';
import { readText } from './text-file.ts';
import { defineTool, done, failed, type ToolResult } from './tool.ts';

/** Lines that one call shows, and characters of a line: enough for a function and its neighbours. */
const mostLines = 400;
const longestLine = 2000;
/** Room for the sentence at the end. */
const noticeBytes = 200;

export const read = defineTool({
  name: 'read',
  description:
    'Read a text file. Each line is shown as its number, a tab and its text; the number and the tab are not part of the file. Shows up to 400 lines or 16 KB at a time and says how to go on.',
  run: async ({ path, from, lines }, context) => {
    const file = await readText(context, path);
    if (file.outcome === 'missing') return failed(`${file.shown} does not exist. Use list or search to find the file.`);
    if (file.outcome === 'refused') return failed(file.message);
    return shownLines(file.text, {
      shown: file.shown,
      from: from ?? 1,
      count: Math.min(lines ?? mostLines, mostLines),
    });
  },
});

const shownLines = (
  text: string,
  { shown, from, count }: { shown: string; from: number; count: number },
): ToolResult => {
  const all = text.split('\n');
  if (all.at(-1) === '') all.pop();
  if (all.length === 0) return done(`${shown} is empty.`);
  if (from > all.length) return failed(`${shown} has only ${all.length} ${all.length === 1 ? 'line' : 'lines'}.`);
  const numbered = all
    .slice(from - 1, from - 1 + count)
    .map((line, offset) => `${String(from + offset).padStart(6)}\t${shortened(line.replace(/\r$/, ''))}\n`)
    .join('');
  const body = headOf(numbered, outputBytes - noticeBytes);
  const last = from - 1 + (body.match(/\n/g)?.length ?? 0);
  const rest = last < all.length ? ` Go on with from: ${last + 1}.` : '';
  const part = from > 1 || rest !== '' ? `[Lines ${from} to ${last} of ${all.length}.${rest}]\n` : '';
  return done(body + part);
};

const shortened = (line: string): string =>
  line.length <= longestLine
    ? line
    : `${line.slice(0, longestLine)} [${line.length - longestLine} characters left out]`;
