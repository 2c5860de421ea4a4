import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { writeDurably } from './home.ts';

export const writeRecord = (file: string, record: unknown): Promise<void> =>
  writeDurably(file, `${JSON.stringify(record)}\n`);

/** Null: there is none, or it is not to be read, which forbids nothing. */
export const readRecord = async <Schema extends z.ZodType>(
  file: string,
  schema: Schema,
): Promise<z.infer<Schema> | null> => {
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return null;
  }
};
