import * as vscode from 'vscode';
import { z } from 'zod';
import type { Connection } from '../../ground/connection/connection.ts';
import { fileSystem } from '../../ground/files/files.ts';
import { readStory } from '../../ground/runs/read-story.ts';
import type { Story } from '../../../shared/run/story/story.ts';
import { partDocument } from './parts.ts';

/** Of documents that hold what a row of a run's page holds, whole. Their addresses alone say what they are, so that they come back with a window. */
const scheme = 'longhaul-text';

/** A part of a row. */
interface PartRef {
  readonly run: string;
  /** Of the row. */
  readonly key: string;
  /** Its place among the parts of the row, from 0. */
  readonly part: number;
}

const Query = z.object({ key: z.string().min(1), part: z.coerce.number().int().nonnegative() });

const decoder = new TextDecoder();

/** What the blob of a row says; null: it has none. Throws as the connection does. */
export const readWhole = async (connection: Connection, run: string, blob: string | null): Promise<string | null> =>
  blob === null ? null : decoder.decode(await connection.blob(run, blob));

const documentOf = async (connection: Connection, story: Story, { run, key, part }: PartRef) => {
  const moment = story.find(key);
  return moment === undefined ? null : partDocument(moment, await readWhole(connection, run, moment.blob), part);
};

/** Opens a part of a row in an editor, to be read and searched. */
export const openPart = async (connection: Connection, story: Story, ref: PartRef): Promise<void> => {
  const document = await documentOf(connection, story, ref);
  if (document === null) return;
  const query = new URLSearchParams({ key: ref.key, part: String(ref.part) }).toString();
  const uri = vscode.Uri.from({ scheme, authority: ref.run, path: `/${document.name}`, query });
  await vscode.window.showTextDocument(uri, { preview: true });
};

/** Serves those documents. Nobody can write them. */
export const registerTexts = (connection: Connection): vscode.Disposable => {
  const read = async (uri: vscode.Uri): Promise<Uint8Array> => {
    const { success, data } = Query.safeParse(Object.fromEntries(new URLSearchParams(uri.query)));
    const run = uri.authority;
    const found = success ? await documentOf(connection, await readStory(connection, run), { run, ...data }) : null;
    if (found === null) throw vscode.FileSystemError.FileNotFound(uri);
    return new TextEncoder().encode(found.text);
  };
  const documents = fileSystem({
    stat: async (uri) => {
      const { byteLength: size } = await read(uri);
      return { type: vscode.FileType.File, ctime: 0, mtime: 0, size, permissions: vscode.FilePermission.Readonly };
    },
    readFile: read,
  });
  return vscode.workspace.registerFileSystemProvider(scheme, documents, { isCaseSensitive: true, isReadonly: true });
};
