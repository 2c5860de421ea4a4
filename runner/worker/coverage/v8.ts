import { z } from 'zod';
import type { LinesSeen } from './lines.ts';
import { linesOfMap, MapCache, sourcesOf, type MappedScript } from './mapped.ts';
import { missed, paint, run, Script } from './painted.ts';
import { withoutTypes, type Source } from './source.ts';
import type { Seen } from './lines.ts';

/** What the coverage of a process is read against. */
export interface Reading {
  /** Changed files of the result, by path. */
  readonly sources: ReadonlyMap<string, Source>;
  /** The path in the tree of a file by its URL; null: it is none of the tree. */
  readonly pathOf: (url: string) => string | null;
  /** Whether a file of the tree was written since the command began. */
  readonly isFresh: (path: string) => Promise<boolean>;
  readonly seen: Seen;
  /** Of these something ran that cannot be told by line. */
  readonly doubtful: Set<string>;
}

const Written = z.object({
  result: z.array(z.unknown()),
  'source-map-cache': z.record(z.string(), z.unknown()).optional(),
});

/** It has the processes that it starts count into a folder of its own. */
const countsItself = /\/node_modules\/c8\//;

const urlOf = (script: unknown): string | null => {
  const url: unknown = typeof script === 'object' && script !== null ? Reflect.get(script, 'url') : null;
  return typeof url === 'string' ? url : null;
};

/**
 * Takes what one process of Node left in NODE_V8_COVERAGE. Untrusted text. False: it cannot be read, or there
 * were others whose counts went elsewhere. A script counts for a file where it is
 * that file as it is, or where a source map leads there and it is known that the map was made of this very text.
 */
export const readV8 = async (text: string, reading: Reading): Promise<boolean> => {
  const written = Written.safeParse(parsed(text));
  if (!written.success) return false;
  let whole = true;
  const maps = written.data['source-map-cache'] ?? {};
  for (const raw of written.data.result) {
    const url = urlOf(raw);
    if (url !== null && countsItself.test(url)) whole = false;
    const path = url === null ? null : reading.pathOf(url);
    if (url === null || path === null) continue;
    const source = reading.sources.get(path);
    const map = MapCache.safeParse(maps[url]).data ?? null;
    const leads = map === null ? [] : sourcesOf(map, url, reading);
    if (source === undefined && leads.length === 0) continue;
    const script = Script.safeParse(raw).data ?? null;
    const mapped = map !== null && script !== null ? { script, map, path, leads } : null;
    const told = [
      ...(source === undefined || script === null ? [] : asItIs({ script, path, source })),
      ...(mapped === null ? [] : await throughMap(mapped, reading)),
    ];
    for (const [of, lines] of told) reading.seen.add(of, lines);
    const known = new Set(told.map(([of]) => of));
    for (const of of [...(source === undefined ? [] : [path]), ...leads.map((lead) => lead.path)])
      if (!known.has(of)) reading.doubtful.add(of);
  }
  return whole;
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

type Told = readonly (readonly [path: string, lines: LinesSeen])[];

const typeScript = /\.[mc]?ts$/;

/** Node compiles TypeScript with its address behind it (lib/internal/modules/typescript.js). */
const behindTypeScript = (url: string): string => `\n\n//# sourceURL=${url}`;

const asItIs = ({
  script,
  path,
  source: { text, code },
}: {
  readonly script: Script;
  readonly path: string;
  readonly source: Source;
}): Told => {
  const typed = typeScript.test(path);
  const shown = typed ? withoutTypes(text) : text;
  if (shown === null) return [];
  const painted = paint(script, text.length + (typed ? behindTypeScript(script.url).length : 0));
  return painted === null ? [] : [[path, linesAsTheyAre(shown, { code, painted, script })]];
};

const blank = /\s/;

/**
 * A line of which all was run, or a part, was run; one of which nothing was run was left out. Of one on which a function begins that nobody called,
 * neither is said: its head was read, and it was not called.
 */
const linesAsTheyAre = (
  text: string,
  {
    code,
    painted,
    script,
  }: { readonly code: readonly boolean[]; readonly painted: Uint8Array; readonly script: Script },
): LinesSeen => {
  const lines = { run: new Set<number>(), missed: new Set<number>() };
  const heads = new Set(
    script.functions.flatMap(({ ranges: [whole] }) => (whole.count === 0 ? [whole.startOffset] : [])),
  );
  let line = 0;
  let ran = false;
  let left = false;
  let head = false;
  for (let at = 0; at <= text.length; at += 1) {
    const character = text[at] ?? '\n';
    if (heads.has(at)) head = true;
    if (character !== '\n') {
      if (blank.test(character)) continue;
      ran ||= painted[at] === run;
      left ||= painted[at] === missed;
      continue;
    }
    line += 1;
    if (code[line - 1] === true) {
      if (ran && !(left && head)) lines.run.add(line);
      if (left && !ran) lines.missed.add(line);
    }
    ran = left = head = false;
  }
  return lines;
};

/** The text of a source is this one where the map says so, where it was transformed as it was loaded, or where the command itself built the script. */
const throughMap = async (mapped: MappedScript, { sources, isFresh }: Reading): Promise<Told> => {
  const painted = paintMapped(mapped);
  if (painted === null) return [];
  const told: (readonly [string, LinesSeen])[] = [];
  for (const { index, path, content } of mapped.leads) {
    const source = sources.get(path);
    if (source === undefined) continue;
    const same = content === null ? path === mapped.path || (await isFresh(mapped.path)) : content === source.text;
    const lines = same ? linesOfMap(mapped, { index, painted, code: source.code }) : null;
    if (lines !== null) told.push([path, lines]);
  }
  return told;
};

/** Characters of one compiled script. */
const mostCompiled = 32 * 1024 * 1024;

const paintMapped = ({ script, map: { lineLengths } }: MappedScript): Uint8Array | null => {
  const length = lineLengths.reduce((sum, one) => sum + one + 1, -1);
  return length < 0 || length > mostCompiled ? null : paint(script, length);
};
