import { z } from 'zod';

/** What a report says of one file. */
interface ReportedFile {
  /** As the report writes it. */
  readonly name: string;
  /** By line, from 1: whether it was run. */
  readonly lines: ReadonlyMap<number, boolean>;
}

/** `sources`: folders that Cobertura's names are below. */
export interface Report {
  readonly format: 'lcov' | 'cobertura' | 'go' | 'json';
  readonly sources: readonly string[];
  readonly files: readonly ReportedFile[];
}

/** Lines of changed files that one report may speak of. */
const mostLines = 200_000;
const lastLine = 1_000_000;

/** Whether a report is read for what it has under a name. */
export type Wanted = (name: string) => boolean;

class Files {
  readonly #wanted: Wanted;
  readonly #files = new Map<string, Map<number, boolean>>();
  #left = mostLines;

  constructor(wanted: Wanted) {
    this.#wanted = wanted;
  }

  wants(name: string): boolean {
    return name !== '' && this.#wanted(name);
  }

  /** A line that is told of twice was run if it was once. */
  add(name: string, line: number, count: number): void {
    if (!Number.isInteger(line) || line < 1 || line > lastLine || !(count >= 0)) return;
    const lines = this.#files.get(name) ?? new Map<number, boolean>();
    this.#files.set(name, lines);
    const before = lines.get(line);
    if (before === undefined && (this.#left -= 1) < 0) return;
    lines.set(line, before === true || count > 0);
  }

  get isFull(): boolean {
    return this.#left < 0;
  }

  all(): readonly ReportedFile[] {
    return [...this.#files].map(([name, lines]) => ({ name, lines }));
  }
}

/** Paths are shorter. */
const lineCharacters = 8_192;

/** All lines but those that no report has. */
function* linesOf(text: string): Generator<string> {
  for (let start = 0; start < text.length;) {
    const found = text.indexOf('\n', start);
    const end = found === -1 ? text.length : found;
    if (end > start && end - start <= lineCharacters) yield text.slice(start, end).trimEnd();
    start = end + 1;
  }
}

/** `SF:` begins a file, `DA:LINE,COUNT` is a line of it. */
const lcov = (text: string, files: Files): void => {
  let name = '';
  for (const line of linesOf(text)) {
    if (line.startsWith('SF:')) name = files.wants(line.slice(3)) ? line.slice(3) : '';
    else if (line === 'end_of_record') name = '';
    else if (name !== '' && line.startsWith('DA:')) {
      const [at = '', count = ''] = line.slice(3).split(',');
      if (/^\d+$/.test(at) && /^-?\d+$/.test(count)) files.add(name, Number(at), Number(count));
    }
    if (files.isFull) return;
  }
};

/** `NAME:LINE.COLUMN,LINE.COLUMN STATEMENTS COUNT` is a block. */
const goBlock = /^(.+):(\d+)\.\d+,(\d+)\.\d+ \d+ (\d+)$/;

const go = (text: string, files: Files): void => {
  for (const line of linesOf(text)) {
    const [, name = '', first = '', last = '', count = ''] = goBlock.exec(line) ?? [];
    if (!files.wants(name)) continue;
    const end = Math.min(Number(last), lastLine);
    for (let at = Number(first); at <= end && !files.isFull; at += 1) files.add(name, at, Number(count));
    if (files.isFull) return;
  }
};

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const unescaped = (text: string): string =>
  text.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => entities[name] ?? '');

const attribute = (attributes: string, name: string): string | null => {
  const found = new RegExp(`(?:^|\\s)${name}\\s*=\\s*(?:"([^"<]*)"|'([^'<]*)')`).exec(attributes);
  const value = found?.[1] ?? found?.[2];
  return value === undefined ? null : unescaped(value);
};

/** `<class filename="…">` begins a file, `<line number="…" hits="…"/>` is a line of it. */
const cobertura = (text: string, files: Files): readonly string[] => {
  let name = '';
  for (const [, tag = '', attributes = ''] of text.matchAll(/<(class|line)\b([^<>]{0,4096})>/g)) {
    if (tag === 'class') {
      const given = attribute(attributes, 'filename') ?? '';
      name = files.wants(given) ? given : '';
      continue;
    }
    if (name === '') continue;
    const [line, hits] = [attribute(attributes, 'number'), attribute(attributes, 'hits')];
    if (/^\d+$/.test(line ?? '') && /^\d+$/.test(hits ?? '')) files.add(name, Number(line), Number(hits));
    if (files.isFull) break;
  }
  return [...text.matchAll(/<source>([^<>]{1,4096})<\/source>/g)]
    .slice(0, 20)
    .map(([, source = '']) => unescaped(source).trim());
};

/** Of coverage.py: a file's lines. */
const PythonFile = z.object({ executed_lines: z.array(z.number()), missing_lines: z.array(z.number()) });
/** Of Istanbul: a file's statements, and how often each was run. */
const IstanbulFile = z.object({
  path: z.string(),
  statementMap: z.record(z.string(), z.object({ start: z.object({ line: z.number() }) })),
  s: z.record(z.string(), z.number()),
});

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

const entriesOf = (value: unknown): readonly [string, unknown][] =>
  typeof value === 'object' && value !== null ? Object.entries(value) : [];

/** The files of coverage.py stand under `files`; those of Istanbul are all that there is. */
const json = (text: string, files: Files): void => {
  const report = parsed(text);
  const python = Object.fromEntries(entriesOf(report))['files'];
  for (const [name, value] of entriesOf(python ?? report)) {
    if (files.isFull) return;
    if (!files.wants(name)) continue;
    const lines = PythonFile.safeParse(value).data;
    for (const line of lines?.executed_lines ?? []) files.add(name, line, 1);
    for (const line of lines?.missing_lines ?? []) files.add(name, line, 0);
    const { statementMap = {}, s = {} } = IstanbulFile.safeParse(value).data ?? {};
    // A statement of several lines is told of by its first one.
    for (const [id, { start }] of Object.entries(statementMap)) files.add(name, start.line, s[id] ?? Number.NaN);
  }
};

/** Reads a report of whichever of the formats it is. Untrusted text. Null: it speaks of more lines than anybody changes. */
export const readReport = (content: string, wanted: Wanted): Report | null => {
  const text = content.replace(/^\uFEFF/, '');
  const files = new Files(wanted);
  let format: Report['format'];
  let sources: readonly string[] = [];
  if (/^mode: (?:set|count|atomic)\r?\n/.test(text)) {
    format = 'go';
    go(text, files);
  } else if (/^\s*<(?:\?xml|!DOCTYPE coverage|coverage)\b/.test(text)) {
    format = 'cobertura';
    sources = cobertura(text, files);
  } else if (/^\s*\{/.test(text)) {
    format = 'json';
    json(text, files);
  } else {
    format = 'lcov';
    lcov(text, files);
  }
  return files.isFull ? null : { format, sources, files: files.all() };
};
