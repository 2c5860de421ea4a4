import type { HistoryRow } from '../../../shared/run/statistics.ts';

/** The columns of an export, in their order: every field of a row under its own name, with its unit where it has one. */
const columns: readonly (readonly [name: string, value: (row: HistoryRow) => string | number | boolean | null])[] = [
  ['id', ({ id }) => id],
  ['number', ({ number }) => number],
  ['title', ({ title }) => title],
  ['repository', ({ repository }) => repository],
  ['recipe', ({ recipe }) => recipe],
  ['model', ({ model }) => model],
  ['requester', ({ requester }) => requester],
  ['status', ({ status }) => status],
  ['failure', ({ failure }) => failure],
  ['reason', ({ reason }) => reason],
  ['created_at', ({ createdAt }) => createdAt],
  ['ended_at', ({ endedAt }) => endedAt],
  ['rounds', ({ rounds }) => rounds],
  ['turns', ({ turns }) => turns],
  ['tokens', ({ tokens }) => tokens],
  ['active_ms', ({ activeMs }) => activeMs],
  ['usd', ({ usd }) => usd],
  ['cost_known', ({ costKnown }) => costKnown],
  ['files', ({ files }) => files],
  ['additions', ({ additions }) => additions],
  ['deletions', ({ deletions }) => deletions],
  ['checks_ran', ({ checksRan }) => checksRan],
  ['checks_failed', ({ checksFailed }) => checksFailed],
  ['review_ms', ({ reviewMs }) => reviewMs],
];

/** A spreadsheet takes a text that begins like this for a formula, and titles are written by anyone (OWASP, CSV injection). */
const formula = /^\s*[=+\-@\t\r]/;

const cell = (value: string | number | boolean | null): string => {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  const inert = formula.test(value) ? `'${value}` : value;
  return /[",\r\n;']/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
};

/** RFC 4180: a header, then a line for each run; CRLF ends a line. */
export const toCsv = (rows: readonly HistoryRow[]): string =>
  [columns.map(([name]) => name), ...rows.map((row) => columns.map(([, value]) => cell(value(row))))]
    .map((cells) => `${cells.join(',')}\r\n`)
    .join('');

export const toJson = (rows: readonly HistoryRow[]): string => `${JSON.stringify(rows, null, 2)}\n`;
