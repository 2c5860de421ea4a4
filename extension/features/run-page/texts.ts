import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { z } from 'zod';
import { DecisionId } from '../../../shared/ids.ts';
import type { Connection } from '../../ground/connection/connection.ts';
import { fileSystem } from '../../ground/files/files.ts';
import { say } from '../../ground/problem/offer.ts';
import { readStory } from '../../ground/runs/read-log.ts';
import type { Story } from '../../../shared/run/story/story.ts';
import { partDocument } from './parts.ts';
import { readProposal } from './proposal.ts';

/** Of documents that hold whole what a page shows a part of. Their addresses alone say what they are, so that they come back with a window. */
const scheme = 'longhaul-text';

/** A part of a row of a page: the key of the row, and the place among its parts, from 0. */
const PartQuery = z.object({ key: z.string().min(1), part: z.coerce.number().int().nonnegative() });
/** A file that is asked about, as it is or as it would be. */
const ProposalQuery = z.object({ decision: DecisionId, side: z.enum(['before', 'after']) });
const Query = z.union([PartQuery, ProposalQuery]);

const decoder = new TextDecoder();

/** What the blob of a row says; null: it has none. Throws as the connection does. */
export const readWhole = async (connection: Connection, run: string, blob: string | null): Promise<string | null> =>
  blob === null ? null : decoder.decode(await connection.blob(run, blob));

const addressOf = (run: string, path: string, query: z.infer<typeof Query>): vscode.Uri => {
  const said = Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]);
  return vscode.Uri.from({ scheme, authority: run, path: `/${path}`, query: new URLSearchParams(said).toString() });
};

const documentOf = async (
  connection: Connection,
  story: Story,
  { run, key, part }: z.infer<typeof PartQuery> & { readonly run: string },
) => {
  const moment = story.find(key);
  return moment === undefined ? null : partDocument(moment, await readWhole(connection, run, moment.blob), part);
};

/** Opens a part of a row in an editor, to be read and searched. */
export const openPart = async (
  connection: Connection,
  story: Story,
  { run, key, part }: Parameters<typeof documentOf>[2],
): Promise<void> => {
  const document = await documentOf(connection, story, { run, key, part });
  if (document === null) return;
  await vscode.window.showTextDocument(addressOf(run, document.name, { key, part }), { preview: true });
};

/** Opens the file that a person is asked about, against what is there. */
export const openProposal = async (
  connection: Connection,
  { run, decision }: { readonly run: string; readonly decision: string },
): Promise<void> => {
  const proposal = await readProposal(connection, { run, decision });
  if (proposal === null) return say(t('This question is not about a file.'));
  const [before, after] = (['before', 'after'] as const).map((side) =>
    addressOf(run, proposal.path, { decision, side }),
  );
  if (proposal.before === null && after !== undefined) await vscode.window.showTextDocument(after, { preview: true });
  else
    await vscode.commands.executeCommand('vscode.diff', before, after, t('{0} (asked for)', proposal.path), {
      preview: true,
    });
};

const textOf = async (connection: Connection, { authority: run, query }: vscode.Uri): Promise<string | null> => {
  const { success, data } = Query.safeParse(Object.fromEntries(new URLSearchParams(query)));
  if (!success) return null;
  if ('key' in data)
    return (await documentOf(connection, await readStory(connection, run), { run, ...data }))?.text ?? null;
  return (await readProposal(connection, { run, decision: data.decision }))?.[data.side] ?? null;
};

/** Serves those documents. Nobody can write them. */
export const registerTexts = (connection: Connection): vscode.Disposable => {
  const read = async (uri: vscode.Uri): Promise<Uint8Array> => {
    const text = await textOf(connection, uri);
    if (text === null) throw vscode.FileSystemError.FileNotFound(uri);
    return new TextEncoder().encode(text);
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
