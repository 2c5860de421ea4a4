import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { ChangedFile, FileVersion } from '../../../shared/run/artifacts.ts';
import type { Connection } from '../../ground/connection/connection.ts';
import { fileSystem } from '../../ground/files/files.ts';
import { isImage } from '../../ground/files/image.ts';
import { addressOf, reviewScheme, uriParts, type DocumentAddress } from './address.ts';
import { BlobCache } from '../../ground/files/blob-cache.ts';
import { contentOf, isRead, shownAs } from './content.ts';

/** Contents that are kept at hand: enough for a dozen of the largest files that are read in an editor. */
const cacheBytes = 64 * 1024 * 1024;

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
      const { content, path } = known(uri);
      const size = isRead(content) ? content.bytes : contentOf(content, path).length;
      return { type: vscode.FileType.File, ctime: 0, mtime: 0, size, permissions: vscode.FilePermission.Readonly };
    },
    readFile: async (uri) => {
      const address = known(uri);
      const { run, path, content } = address;
      return isRead(content) ? (atHand(address) ?? cache.get(run, content.blob)) : contentOf(content, path);
    },
    readDirectory: () => [],
  });
  return vscode.workspace.registerFileSystemProvider(reviewScheme, documents, {
    isCaseSensitive: true,
    isReadonly: new vscode.MarkdownString(t('This is under review. Accept or reject its changes, or comment on them.')),
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

/** The two versions of a file that are set side by side. */
export type Pair = Pick<ChangedFile, 'before' | 'after' | 'binary'>;

/** Both documents of a pair. In a list of files a side that is not there has none: VS Code calls the file added or deleted then. */
export interface Documents {
  readonly before: vscode.Uri;
  readonly after: vscode.Uri;
}

/** The documents of a pair, each at its place; `alone`: in an editor of their own, where images are shown. */
export const documentsOf = (
  { before, after, binary }: Pair,
  places: { readonly before: Place; readonly after: Place },
  alone: boolean,
): Documents => {
  const base = places.before.round === places.after.round;
  const same = before !== null && after !== null && before.blob === after.blob;
  const uri = (side: 'before' | 'after', version: FileVersion | null): vscode.Uri => {
    const { run, round } = places[side];
    const path = (version ?? after ?? before)?.path ?? '';
    const content = shownAs(version, { same, binary, alone });
    const against = !base ? 'round' : alone && after === null && side === 'before' ? 'nothing' : 'base';
    // A diff of images takes its title from the names of both, and no other.
    const named = content.as === 'nothing' && binary && isImage(path) ? path.replace(/[^/]*$/, 'no $&') : path;
    return vscode.Uri.from(uriParts({ run, round, side, against, path: named, content }));
  };
  return { before: uri('before', before), after: uri('after', after) };
};
