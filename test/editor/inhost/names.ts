/** What the suite shows from inside of the extension host, by name; each has its test in tests.ts. */
export const names = [
  'activating loads and reads nothing that is not used yet',
  'a dirty tree goes along: the agent sees what is not committed, and neither index nor branch moves',
  'a change that meets another one becomes an ordinary merge conflict, and undo brings back every byte',
  'comments become the next round, its diff answers them, and the diff of the round before says that it is superseded',
  'changes are decided as they are shown: lines apart, a mode and a link in words, a deleted file and an image as such',
  'with two reviews open, whatever is done in whichever order, what is applied is what was accepted in that review',
  'added, binary, renamed, deleted and very large files can be reviewed and applied',
  'a change of a thousand files opens, and is applied whole',
  'a runner that is killed under an open window is started again, and nothing is lost or shown twice',
  'a chat model delegates through the tool, and its words are checked',
  'the chat participant offers to delegate what was said, and lists runs with titles that are only text',
  'what is delegated from chat, by its participant and by its tool, is what was said there, compared whole',
  'what waits for a decision is listed in chat, with the buttons that show exactly what is decided',
  'a chat model reads the state and the result of a run, and is told whose words they are',
  'a remote runner with a bad token says so, and with the right one its runs are there',
  'to a runner elsewhere the tree goes along as an upload, and its result is applied here',
  'each event of a run reaches the views, once',
] as const;
export type Name = (typeof names)[number];

/** The ways to a delegation that are shown there: a workbench without a chat model has none to them. */
export const coveredInHost = ['chat @longhaul', 'chat @longhaul /delegate', 'tool longhaul_delegate'] as const;

/** Figures that the tests take on their way, in ms: for a person, and for the benchmark. */
export const figureNames = {
  latency: 'an event reaches the views',
  thousand: 'a diff of 1,000 files opens, the first 400 with their contents',
  plain: 'a diff of 400 files that are on the disk, by VS Code alone',
  large: 'a diff with a file of 5 MB opens',
  restart: 'a window has a new runner after its own was killed',
} as const;
export type FigureName = keyof typeof figureNames;

/** What became of each test; `failure` null: it passed. */
export type Report = Readonly<
  Record<
    string,
    {
      readonly failure: string | null;
      readonly ms: number;
      readonly figures: Readonly<Partial<Record<FigureName, readonly number[]>>>;
    }
  >
>;
