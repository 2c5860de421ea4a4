/** One line of `git diff-tree --raw`. Paths hold one byte per character. `none` stands for a side that does not exist. */
export interface RawChange {
  readonly status: string;
  readonly before: { readonly path: string; readonly mode: string; readonly object: string } | null;
  readonly after: { readonly path: string; readonly mode: string; readonly object: string } | null;
}
