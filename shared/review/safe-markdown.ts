import { clean } from '../text/clean.ts';
import { code, fenced, plainLine } from './plain-markdown.ts';

/** Behind backticks no other may come on that line: else it is code within it. */
const fence = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/;
const heading = /^(#{1,6})[ \t]+(\S.*)$/;
const item = /^(\s{0,8})([-*+]|\d{1,3}[.)])[ \t]+(\S.*)$/;

/**
 * A text of somebody else's as Markdown of which no more is left than headings, lists, code and what is strong or emphasized: nothing in it mentions anybody, names an issue, becomes
 * a link, an image or HTML.
 */
export const safeMarkdown = (text: string): string => {
  const lines = clean(text).split('\n');
  const out: string[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const opened = fence.exec(line)?.[1];
    if (opened === undefined) {
      out.push(lineOf(line));
      continue;
    }
    const rest = lines.slice(at + 1);
    const end = rest.findIndex((other) => fence.exec(other)?.[1]?.startsWith(opened) === true);
    const inside = end === -1 ? rest : rest.slice(0, end);
    // A comment would be hidden, and could be taken for one of Longhaul's own.
    out.push(fenced(inside.map(uncommanded).join('\n').replaceAll('<!--', '<! --')));
    at += inside.length + (end === -1 ? 0 : 1);
  }
  return out.join('\n').trim();
};

/** Bots obey lines that begin with `/approve` or `@bot merge`, be they code. */
const uncommanded = (line: string): string => (/^[/@]/.test(line) ? ` ${line}` : line);

const lineOf = (line: string): string => {
  const [, marks, title] = heading.exec(line) ?? [];
  if (marks !== undefined && title !== undefined) return `${marks} ${inline(title)}`;
  const [, indent, bullet, rest] = item.exec(line) ?? [];
  if (indent !== undefined && bullet !== undefined && rest !== undefined) return `${indent}${bullet} ${inline(rest)}`;
  return inline(line).replace(/^\//, '\\/');
};

/** Code; else what is strong or emphasized, with no other mark but code in it, and nothing before it that would mean something together with it. */
const marked =
  /(`[^`]+`)|(?<![*\\@#/\p{L}\p{N}])(\*\*?)(?![\s*])((?:`[^`]+`|[^`*])+?)(?<!\s)\2(?![*\p{L}\p{N}])|(?<![_\\@#/\p{L}\p{N}])(__?)(?![\s_])((?:`[^`]+`|[^`_])+?)(?<!\s)\4(?![_\p{L}\p{N}])/gu;

/** What stands in backticks stays code, and what is strong or emphasized stays so: it is as harmless inside as outside. */
const inline = (given: string): string => {
  const text = given.trim();
  let out = '';
  let end = 0;
  for (const { 0: whole, 1: ticked, 2: stars, 3: starred, 4: bars, 5: barred, index } of text.matchAll(marked)) {
    const [mark, within] = [stars ?? bars ?? '', starred ?? barred ?? ''];
    const inside = () =>
      within
        .split(/(`[^`]+`)/)
        .map(codeOrPlain)
        .join('');
    out += plain(text.slice(end, index)) + (ticked === undefined ? `${mark}${inside()}${mark}` : codeOf(ticked));
    end = index + whole.length;
  }
  return out + plain(text.slice(end));
};

const codeOrPlain = (part: string, at: number): string => (at % 2 === 1 ? codeOf(part) : plain(part));

const codeOf = (ticked: string): string => code(ticked.slice(1, -1).replaceAll('<!--', '<! --'));

const plain = (part: string): string => {
  if (part.trim() === '') return part === '' ? '' : ' ';
  return `${/^\s/.test(part) ? ' ' : ''}${plainLine(part)}${/\s$/.test(part) ? ' ' : ''}`;
};
