import { decode } from '@jridgewell/sourcemap-codec';
import { z } from 'zod';
import type { LinesSeen } from './lines.ts';
import { missed, run, type Script } from './painted.ts';
import type { Source } from './source.ts';

/** As Node keeps source maps beside its coverage. */
export const MapCache = z.object({
  /** Of what was compiled, without line breaks. */
  lineLengths: z.array(z.int().nonnegative()),
  data: z.object({
    sources: z.array(z.string().nullable()),
    sourcesContent: z.array(z.string().nullable()).nullish(),
    mappings: z.string(),
  }),
});
export type MapCache = z.infer<typeof MapCache>;

/** A changed file that a map leads to. `content`: its text, where the map has it. */
interface Lead {
  readonly index: number;
  readonly path: string;
  readonly content: string | null;
}

export interface MappedScript {
  readonly script: Script;
  readonly map: MapCache;
  /** Of the script, in the tree. */
  readonly path: string;
  readonly leads: readonly Lead[];
}

const resolved = (source: string, url: string): string | null => {
  try {
    return new URL(source, url).href;
  } catch {
    return null;
  }
};

/** The changed files among the sources of a script at this address. */
export const sourcesOf = (
  { data }: MapCache,
  url: string,
  {
    sources,
    pathOf,
  }: { readonly sources: ReadonlyMap<string, Source>; readonly pathOf: (url: string) => string | null },
): readonly Lead[] =>
  data.sources.flatMap((source, index) => {
    const href = source === null ? null : resolved(source, url);
    const path = href === null ? null : pathOf(href);
    if (path === null || !sources.has(path)) return [];
    return [{ index, path, content: data.sourcesContent?.[index]?.replace(/^\uFEFF/, '') ?? null }];
  });

/** Characters of mappings, of which each step is four at least. */
const mostMappings = 16 * 1024 * 1024;

const encoded = /^[A-Za-z0-9+/,;]*$/;

/** Null: the map cannot be read. Of a line of which some was run and some was not, neither is said. */
export const linesOfMap = (
  { map: { data, lineLengths } }: MappedScript,
  { index, painted, code }: { readonly index: number; readonly painted: Uint8Array; readonly code: readonly boolean[] },
): LinesSeen | null => {
  if (data.mappings.length > mostMappings || !encoded.test(data.mappings)) return null;
  const found = new Map<number, number>();
  try {
    let start = 0;
    for (const [row, segments] of decode(data.mappings).entries()) {
      const length = lineLengths[row];
      if (length === undefined) break;
      for (const [column, source, line] of segments)
        if (source === index && line !== undefined && column < length && code[line] === true)
          found.set(line + 1, (found.get(line + 1) ?? 0) | (painted[start + column] ?? 0));
      start += length + 1;
    }
  } catch {
    return null;
  }
  const of = (what: number): ReadonlySet<number> =>
    new Set([...found].flatMap(([line, seen]) => (seen === what ? [line] : [])));
  return { run: of(run), missed: of(missed) };
};
