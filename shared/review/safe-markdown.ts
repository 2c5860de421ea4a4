import { clean } from '../text/clean.ts';
import { code, fenced, plainLine } from './plain-markdown.ts';

/** Behind backticks no other may come on that line: else it is code within it. */
const fence = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/;
const heading = /^(#{1,6})[ \t]+(\S.*)$/;
const item = /^(\s{0,8})([-*+]|\d{1,3}[.)])[ \t]+(\S.*)$/;

/**
 * A text of somebody else's as Markdown of which no more is left than headings, lists and code: nothing in it mentions anybody, names an issue, becomes
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

/** What stands in backticks stays code. */
const inline = (text: string): string =>
  text
    .trim()
    .split(/(`[^`]+`)/)
    .map((part, at) => {
      if (at % 2 === 1) return code(part.slice(1, -1).replaceAll('<!--', '<! --'));
      const [before = '', after = ''] = [/^\s*/.exec(part)?.[0], /\s*$/.exec(part)?.[0]];
      return part.trim() === '' ? (part === '' ? '' : ' ') : `${before && ' '}${plainLine(part)}${after && ' '}`;
    })
    .join('');
