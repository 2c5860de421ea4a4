import { z } from 'zod';

/** The scheme of review documents. Each is one version of one file, and its address alone says which. */
export const reviewScheme = 'longhaul-review';

/** Which content a review document shows. `round` is where it was opened from; the same blob may be in several. */
export interface DocumentAddress {
  readonly run: string;
  readonly round: number;
  readonly side: 'before' | 'after';
  /** Path in the repository. */
  readonly path: string;
  readonly blob: string;
  readonly bytes: number;
  readonly binary: boolean;
}

/** The parts of a URI, as `vscode.Uri.from` takes and `vscode.Uri` has them. */
export type UriParts = Readonly<Record<'scheme' | 'authority' | 'path' | 'query', string>>;

const Query = z.object({
  round: z.coerce.number().int().positive(),
  side: z.enum(['before', 'after']),
  blob: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.coerce.number().int().nonnegative(),
  binary: z.enum(['yes', 'no']),
});

/** Both sides of a file that was not renamed have one path: that is how the diff editor tells a rename. */
export const uriParts = ({ run, path, round, side, blob, bytes, binary }: DocumentAddress): UriParts => ({
  scheme: reviewScheme,
  authority: run,
  path: `/${path}`,
  query: new URLSearchParams({
    round: String(round),
    side,
    blob,
    bytes: String(bytes),
    binary: binary ? 'yes' : 'no',
  }).toString(),
});

/** Null: it is no review document. */
export const addressOf = ({ scheme, authority, path, query }: UriParts): DocumentAddress | null => {
  if (scheme !== reviewScheme) return null;
  const parsed = Query.safeParse(Object.fromEntries(new URLSearchParams(query)));
  if (!parsed.success || authority === '') return null;
  return { ...parsed.data, run: authority, path: path.slice(1), binary: parsed.data.binary === 'yes' };
};
