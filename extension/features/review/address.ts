import { z } from 'zod';
import { BlobHash, FileVersion } from '../../../shared/run/artifacts.ts';

/** The scheme of review documents. Each is one version of one file, and its address alone says which. */
export const reviewScheme = 'longhaul-review';

const blob = { blob: BlobHash, bytes: z.coerce.number().int().nonnegative() };

/**
 * What a document shows of its file: its text; an image, to VS Code's own preview; a notice, where that is all there is to read of a version
 * or where both have one content; or nothing, for a side on which there is no file.
 */
const Content = z.discriminatedUnion('as', [
  z.object({ as: z.literal('text'), ...blob }),
  z.object({ as: z.literal('image'), ...blob }),
  z.object({ as: z.literal('notice'), ...blob, mode: FileVersion.shape.mode }),
  z.object({ as: z.literal('nothing') }),
]);
export type Content = z.infer<typeof Content>;

/** `round` is where it was opened from; the same blob may be in several. */
export interface DocumentAddress {
  readonly run: string;
  readonly round: number;
  readonly side: 'before' | 'after';
  /**
   * What it is set against: its round's other side; an empty document beside it, on which its deletion is decided; or another round, where nothing
   * is decided.
   */
  readonly against: 'base' | 'nothing' | 'round';
  /** Path in the repository. */
  readonly path: string;
  readonly content: Content;
}

/** The parts of a URI, as `vscode.Uri.from` takes and `vscode.Uri` has them. */
export type UriParts = Readonly<Record<'scheme' | 'authority' | 'path' | 'query', string>>;

const Query = z.object({
  round: z.coerce.number().int().positive(),
  side: z.enum(['before', 'after']),
  against: z.enum(['base', 'nothing', 'round']).default('base'),
});

/** Both sides of a file that was not renamed have one path: that is how the diff editor tells a rename. */
export const uriParts = ({ run, path, round, side, against, content }: DocumentAddress): UriParts => ({
  scheme: reviewScheme,
  authority: run,
  path: `/${path}`,
  query: new URLSearchParams(
    Object.entries({ round, side, against, ...content }).map(([name, value]): [string, string] => [
      name,
      String(value),
    ]),
  ).toString(),
});

/** Null: it is no review document. Those of comments that were kept by an earlier version do not say what they are: they are text. */
export const addressOf = ({ scheme, authority, path, query }: UriParts): DocumentAddress | null => {
  if (scheme !== reviewScheme || authority === '') return null;
  const said = Object.fromEntries(new URLSearchParams(query));
  const parsed = Query.safeParse(said);
  const content = Content.safeParse({ as: 'text', ...said });
  if (!parsed.success || !content.success) return null;
  return { ...parsed.data, content: content.data, run: authority, path: path.slice(1) };
};
