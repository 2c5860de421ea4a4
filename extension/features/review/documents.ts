import * as vscode from 'vscode';
import type { FileVersion } from '../../../shared/run/artifacts.ts';
import type { ReviewFile } from '../../../shared/review/review-file.ts';
import type { Connection } from '../../ground/connection/connection.ts';
import { fileSystem } from '../../ground/files/files.ts';
import { addressOf, reviewScheme, uriParts, type DocumentAddress } from './address.ts';
import { BlobCache } from './blob-cache.ts';

/** Contents that are kept at hand: enough for a dozen of the largest files that are read in an editor. */
const cacheBytes = 64 * 1024 * 1024;

const notice = ({ bytes, blob }: DocumentAddress): Uint8Array =>
  new TextEncoder().encode(`Binary file, ${bytes.toLocaleString('en-US')} bytes\nSHA-256 ${blob}\n`);

/**
 * Serves the contents of review documents, each when it is shown and not before. Nobody can write them. `atHand` gives what is known of
 * a document without reading it from the runner.
 */
export const registerDocuments = (
  connection: Connection,
  atHand: (address: DocumentAddress) => Uint8Array | null,
): vscode.Disposable => {
  const cache = new BlobCache((run, blob) => connection.blob(run, blob), cacheBytes);
  const documents = fileSystem({
    stat: (uri) => {
      const address = known(uri);
      const size = address.binary ? notice(address).length : address.bytes;
      return { type: vscode.FileType.File, ctime: 0, mtime: 0, size, permissions: vscode.FilePermission.Readonly };
    },
    readFile: async (uri) => {
      const address = known(uri);
      return address.binary ? notice(address) : (atHand(address) ?? cache.get(address.run, address.blob));
    },
    readDirectory: () => [],
  });
  return vscode.workspace.registerFileSystemProvider(reviewScheme, documents, {
    isCaseSensitive: true,
    isReadonly: new vscode.MarkdownString('This is under review. Accept or reject its changes, or comment on them.'),
  });
};

const known = (uri: vscode.Uri): DocumentAddress => {
  const address = addressOf(uri);
  if (address === null) throw vscode.FileSystemError.FileNotFound(uri);
  return address;
};

/** Of which run and round a document is. */
export interface Place {
  readonly run: string;
  readonly round: number;
}

/** The document of one version of a file; undefined where the file is not there. */
export const documentUri = (
  { run, round }: Place,
  version: FileVersion | null,
  { side, binary }: { readonly side: 'before' | 'after'; readonly binary: boolean },
): vscode.Uri | undefined =>
  version === null
    ? undefined
    : vscode.Uri.from(
        uriParts({ run, round, side, path: version.path, blob: version.blob, bytes: version.bytes, binary }),
      );

/** Both documents of a changed file, and the one that stands for it in lists. */
export const documentsOf = (
  place: Place,
  { file }: Pick<ReviewFile, 'file'>,
): { readonly before?: vscode.Uri; readonly after?: vscode.Uri; readonly shown: vscode.Uri } => {
  const { binary } = file;
  const before = documentUri(place, file.before, { side: 'before', binary });
  const after = documentUri(place, file.after, { side: 'after', binary });
  const shown = after ?? before;
  if (shown === undefined) throw new Error('a changed file has neither a version before nor one after');
  return { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }), shown };
};
