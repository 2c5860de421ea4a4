import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { Trouble } from '../../../shared/trouble.ts';
import { writeDurably } from '../../machine/home/home.ts';

/** What a home has that goes into a back-up; everything else in it is made anew. */
const tops = ['config.yaml', 'endpoint.json', 'token', 'secret', 'database', 'blobs', 'runs'];

/** A path below the home that stays below it, whoever wrote it. */
const Path = z
  .string()
  .min(1)
  .max(10_000)
  .refine((path) => {
    const names = path.split('/');
    return (
      tops.includes(names[0] ?? '') && names.every((name) => !['', '.', '..'].includes(name) && !name.includes('\0'))
    );
  }, 'expected a path of a home');

const owned = { path: Path, mode: z.int().min(0).max(0o7777), uid: z.int().min(0), gid: z.int().min(0) };
const Hash = z.string().regex(/^[0-9a-f]{64}$/);

export const Entry = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('folder'), ...owned }),
  z.strictObject({ kind: z.literal('file'), ...owned, bytes: z.int().min(0), sha256: Hash }),
  /** Is in the manifest alone: nothing is ever read or written through it. */
  z.strictObject({ kind: z.literal('link'), path: Path, uid: z.int(), gid: z.int(), target: z.string() }),
]);
export type Entry = z.infer<typeof Entry>;
export type FileEntry = Extract<Entry, { kind: 'file' }>;

export const Header = z.strictObject({
  format: z.literal(1),
  version: z.string(),
  madeAt: z.iso.datetime(),
  store: z.enum(['sqlite', 'postgres']),
  /** Of the last event in the database as it was copied; with Postgres, when its dump began. */
  position: z.int().min(0),
  /** Where the blobs are: in the back-up, or in a bucket that is no part of it. */
  blobs: z.enum(['folder', 's3']),
  /** Blobs that the log names and that were not there. */
  missing: z.array(z.string()).readonly(),
});
export type Header = z.infer<typeof Header>;

const End = z.strictObject({ entries: z.int().min(0), sha256: Hash });

export interface Manifest {
  readonly header: Header;
  readonly entries: readonly Entry[];
}

/** Below a back-up: the files of the home, and with Postgres the dump. */
export const filesFolder = (backup: string): string => join(backup, 'home');
export const dumpFile = (backup: string): string => join(backup, 'database.dump');
const manifestFile = (backup: string): string => join(backup, 'manifest.jsonl');

/** Written last: a back-up that was cut off has none. */
export const writeManifest = (backup: string, { header, entries }: Manifest): Promise<void> => {
  const lines = `${[header, ...entries].map((line) => JSON.stringify(line)).join('\n')}\n`;
  const sha256 = createHash('sha256').update(lines).digest('hex');
  return writeDurably(manifestFile(backup), `${lines}${JSON.stringify({ entries: entries.length, sha256 })}\n`);
};

const remedy = 'Use another back-up.';

/** Throws Trouble where it is not there, not whole, or of a kind that this program does not know. */
export const readManifest = async (backup: string): Promise<Manifest> => {
  const text = await readFile(manifestFile(backup), 'utf8').catch((cause: unknown) => {
    throw new Trouble(`${backup} is no back-up, or one that was cut off: it has no manifest.jsonl.`, {
      remedy,
      cause,
    });
  });
  try {
    const lines = text.trimEnd().split('\n');
    const end = End.parse(JSON.parse(lines.pop() ?? ''));
    const body = `${lines.join('\n')}\n`;
    const [header, ...entries] = lines.map((line): unknown => JSON.parse(line));
    if (createHash('sha256').update(body).digest('hex') !== end.sha256) throw new Error('it was changed');
    return { header: Header.parse(header), entries: entries.map((entry) => Entry.parse(entry)) };
  } catch (cause) {
    throw new Trouble(`The manifest of the back-up ${backup} cannot be read.`, {
      remedy: `${remedy} Or a newer Longhaul made it: install that version.`,
      cause,
    });
  }
};

export const hashOf = async (file: string): Promise<string> => {
  const digest = createHash('sha256');
  await pipeline(createReadStream(file), digest);
  return digest.digest('hex');
};
