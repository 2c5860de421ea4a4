/** What the suite shows from inside of the extension host, by name; each has its test in tests.ts. */
export const names = [
  'activating loads and reads nothing that is not used yet',
  'a dirty tree goes along: the agent sees what is not committed, and neither index nor branch moves',
  'a change that meets another one becomes an ordinary merge conflict, and undo brings back every byte',
  'comments become the next round, and its diff answers them',
  'added, binary, renamed, deleted and very large files can be reviewed and applied',
  'a remote runner with a bad token says so, and with the right one its runs are there',
  'an event reaches the views in under 50 ms at the median',
] as const;
export type Name = (typeof names)[number];

/** What became of each test; `failure` null: it passed. `notes` are figures for a person. */
export type Report = Readonly<
  Record<string, { readonly failure: string | null; readonly ms: number; readonly notes: readonly string[] }>
>;
