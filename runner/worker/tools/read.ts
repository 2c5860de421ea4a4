import type { Encoding } from './encoding.ts';
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
      notice: noticeOf(file),
    });
  },
});

const shownLines = (
  text: string,
  { shown, from, count, notice }: { shown: string; from: number; count: number; notice: string },
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
  return done(body + part + notice);
};

/** What a model cannot see in the text, and may need to know for a command of its own. */
const noticeOf = ({ text, encoding }: { readonly text: string; readonly encoding: Encoding }): string => {
  const mixed = /(?<!\r)\n/.test(text) && text.includes('\r\n');
  const stored = encoding.charset === 'UTF-8' ? [] : [`is stored in ${encoding.charset}`];
  const facts = [...stored, ...(mixed ? ['has line ends of both kinds, LF and CRLF'] : [])];
  return facts.length === 0 ? '' : `[The file ${facts.join(' and ')}; edit, write and apply_patch keep that.]\n`;
};

const shortened = (line: string): string =>
  line.length <= longestLine
    ? line
    : `${line.slice(0, longestLine)} [${line.length - longestLine} characters left out]`;
