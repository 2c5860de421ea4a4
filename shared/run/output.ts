import { z } from 'zod';
import { issueText } from '../tool/issues.ts';
import { isBlank } from '../text/clean.ts';
import { plural } from '../text/figures.ts';
import { BlobHash } from './artifacts.ts';
import { RemoteRef } from './source.ts';

/** A label as GitHub takes it. */
export const Label = z.string().trim().min(1).max(50);
/** How many labels a recipe can choose from, and how many one output can have: an issue on GitHub has as many. */
export const mostLabels = 100;

/** What the result of a run is to be: what differs in the tree, or something that is said. */
export const WantedOutput = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('diff') }),
  /** For whoever delegated, and nobody else. */
  z.strictObject({ kind: z.literal('report') }),
  /** On the issue or the pull request that the run is about. */
  z.strictObject({ kind: z.literal('comment') }),
  /** For the same; `most` of those in `allowed`. */
  z.strictObject({
    kind: z.literal('labels'),
    allowed: z.array(Label).min(1).max(mostLabels),
    most: z.int().min(1).max(mostLabels),
  }),
  z.strictObject({ kind: z.literal('issue') }),
  /** Notes of a release, as a draft. */
  z.strictObject({ kind: z.literal('release') }),
]);
export type WantedOutput = z.infer<typeof WantedOutput>;
export type OutputKind = Exclude<WantedOutput['kind'], 'diff'>;

/** The issue or the pull request that a run is about. */
export const Subject = z.strictObject({
  /** Of its repository, without `.git`. */
  remote: z.string().max(2000),
  kind: z.enum(['issue', 'pull request']),
  number: z.int().positive(),
});
export type Subject = z.infer<typeof Subject>;

/** Characters; GitHub takes 65,536 of a text with all that is put around it. */
const longestText = 30_000;
const Text = z
  .string()
  .trim()
  .min(1, 'is empty')
  .max(longestText, `has more than ${longestText} characters`)
  .refine((text) => text === '' || !isBlank(text), 'is empty: nothing in it can be seen');
const Title = z.string().trim().min(1, 'is empty').max(200, 'has more than 200 characters');
const SeenTitle = Title.refine((title) => title === '' || !isBlank(title), 'is empty: nothing in it can be seen');

/** Of a release: what reads as a whole reference would be a tag of that whole name, and what reads as a commit GitHub takes for none. */
export const ReleaseTag = RemoteRef.refine(
  (tag) => !/^refs\//i.test(tag) && !/^([0-9a-f]{40}|[0-9a-f]{64}|HEAD|@)$/i.test(tag),
  'expected the short name of a tag, such as v1.2.0, without refs/tags/ before it',
);

/** What an output is, as an agent gives it: large texts in it. */
export type GivenOutput =
  | { readonly kind: 'report'; readonly text: string }
  | { readonly kind: 'comment'; readonly text: string }
  | { readonly kind: 'labels'; readonly labels: readonly string[] }
  | { readonly kind: 'issue'; readonly title: string; readonly text: string }
  | { readonly kind: 'release'; readonly tag: string; readonly title: string; readonly text: string };

/** The same on record: `text` is a blob. */
export const Output = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('report'), text: BlobHash }),
  z.strictObject({ kind: z.literal('comment'), text: BlobHash }),
  z.strictObject({ kind: z.literal('labels'), labels: z.array(Label).max(mostLabels) }),
  z.strictObject({ kind: z.literal('issue'), title: Title, text: BlobHash }),
  z.strictObject({ kind: z.literal('release'), tag: RemoteRef, title: Title, text: BlobHash }),
]);
export type Output = z.infer<typeof Output>;

const markdown = (what: string) => Text.describe(`${what}, as Markdown`);

/** What `finish` takes as `output` where something else than a diff is wanted, without `kind`. */
const given = {
  report: () => z.strictObject({ text: markdown('The report') }),
  comment: () => z.strictObject({ text: markdown('The comment') }),
  labels: ({ allowed, most }: Pick<Extract<WantedOutput, { kind: 'labels' }>, 'allowed' | 'most'>) =>
    z.strictObject({
      labels: z
        .array(z.enum(allowed, `expected one of: ${allowed.join(', ')}`))
        .max(most, `expected ${plural(most, 'label')} at most`)
        .describe(`At most ${plural(most, 'label')}; none, where none fits`),
    }),
  issue: () => z.strictObject({ title: SeenTitle.describe('One line'), text: markdown('What the issue says') }),
  release: () =>
    z.strictObject({
      tag: ReleaseTag.describe('Name of the tag that is released, such as v1.2.0'),
      title: SeenTitle.describe('One line'),
      text: markdown('The notes'),
    }),
} as const;

/** The schema of what `finish` takes; null: nothing, the result is what differs in the tree. */
export const givenSchema = (wanted: WantedOutput): z.ZodType<Record<string, unknown>> | null =>
  wanted.kind === 'diff' ? null : wanted.kind === 'labels' ? given.labels(wanted) : given[wanted.kind]();

export type ParsedOutput =
  | { readonly outcome: 'ok'; readonly output: GivenOutput | null }
  /** For the agent: what is wrong, and what is expected. */
  | { readonly outcome: 'invalid'; readonly message: string };

/** What an agent gave, if that is what is wanted of it. */
export const parseOutput = (wanted: WantedOutput, value: unknown): ParsedOutput => {
  const schema = givenSchema(wanted);
  if (schema === null)
    return value == null
      ? { outcome: 'ok', output: null }
      : { outcome: 'invalid', message: 'The result of this run is what differs in the tree: leave output out.' };
  const parsed = schema.safeParse(value);
  if (!parsed.success)
    return {
      outcome: 'invalid',
      message: `${expected[wanted.kind as OutputKind]} as output, and this is none: ${issueText(parsed.error, 'output')}.`, // safe: a diff has no schema
    };
  const { labels } = parsed.data;
  // safe: the schema of this kind has just passed it
  const output = { kind: wanted.kind, ...parsed.data } as GivenOutput;
  return {
    outcome: 'ok',
    output:
      Array.isArray(labels) && output.kind === 'labels' ? { ...output, labels: [...new Set(output.labels)] } : output,
  };
};

const expected: Readonly<Record<OutputKind, string>> = {
  report: 'finish takes the report {text}',
  comment: 'finish takes the comment {text}',
  labels: 'finish takes the labels {labels}',
  issue: 'finish takes the issue {title, text}',
  release: 'finish takes the release {tag, title, text}',
};

/** Whether what a worker says that it is, is what was wanted: a label that is not allowed is none. */
export const isWanted = (wanted: WantedOutput, output: Output): boolean => {
  if (output.kind !== wanted.kind) return false;
  if (output.kind === 'release') return ReleaseTag.safeParse(output.tag).success;
  if (output.kind !== 'labels' || wanted.kind !== 'labels') return true;
  return output.labels.length <= wanted.most && output.labels.every((label) => wanted.allowed.includes(label));
};

/** Those that are said on an issue or a pull request. */
export const needsSubject = ({ kind }: WantedOutput): boolean => kind === 'comment' || kind === 'labels';

/** What it is called in a sentence. */
export const outputNames: Readonly<Record<OutputKind, string>> = {
  report: 'report',
  comment: 'comment',
  labels: 'labels',
  issue: 'new issue',
  release: 'draft of a release',
};

/** The same with its article, and of a diff as well. */
export const outputName = (kind: WantedOutput['kind']): string => {
  if (kind === 'diff') return 'a diff';
  return kind === 'labels' ? outputNames.labels : `a ${outputNames[kind]}`;
};

/** What the result is to be, to a person. */
export const wantedText = (wanted: WantedOutput): string => {
  switch (wanted.kind) {
    case 'diff':
      return 'a diff: what it changes in the files';
    case 'report':
      return 'a report, for you and nobody else';
    case 'comment':
      return 'a comment on what it is about';
    case 'labels':
      return `labels of what it is about, ${wanted.most} at most of: ${wanted.allowed.join(', ')}`;
    case 'issue':
      return 'a new issue';
    case 'release':
      return 'the notes of a release, as a draft';
  }
};
