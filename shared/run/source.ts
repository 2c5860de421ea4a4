import { z } from 'zod';
import { BlobHash } from './artifacts.ts';

const Commit = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/, 'expected a whole commit id');

/** Printable ASCII without @, ? # and \: what is a credential has no place in it. */
const remoteUrl = /^(?:https?:\/\/|file:\/\/\/)[!-"$->A-[\]-~]+$/;

/** A repository that a git remote serves. Which ones a runner goes to at all, its operator says. */
export const RemoteUrl = z
  .string()
  .max(2000, 'expected up to 2,000 characters')
  .regex(remoteUrl, 'expected a URL such as https://git.example.org/team/project.git, without a user or a password');
export type RemoteUrl = z.infer<typeof RemoteUrl>;

/** What git-check-ref-format takes for no name, and what git would take for an option. */
const badRef = /^[-/.]|\.\.|@\{|\/\/|\/\.|\.lock$|[/.]$|\p{Cc}/u;

/** A branch, a tag, or a whole commit id. */
export const RemoteRef = z
  .string()
  .max(250, 'expected up to 250 characters')
  .regex(/^[^ ~^:?*[\\]+$/, 'expected the name of a branch or a tag')
  .refine((ref) => !badRef.test(ref), 'expected the name of a branch or a tag');

/**
 * What every source has. `commit` is what the run starts from, `head` the commit that the person's branch was on: they are
 * the same unless a dirty tree went along.
 */
const start = {
  commit: Commit,
  head: Commit.nullable(),
  branch: z.string().nullable(),
  dirty: z.boolean(),
  /** The folder that was delegated from, from the root of the repository. Absent: the root, or nobody knows. */
  folder: z.string().min(1).max(4096).optional(),
  /** Sentences about the copy: what did not come along, and what is different in it. Absent, as before there were any: there is nothing to say. */
  notes: z.array(z.string().max(2000)).max(20).optional(),
};

/**
 * A snapshot that a client uploaded: a git bundle that holds `commit`, less what `needs` has where it is thin. `exclude` are
 * the ignore rules that are not in the tree.
 */
export const BundleSource = z.strictObject({
  kind: z.literal('bundle'),
  blob: BlobHash,
  needs: z.strictObject({ url: RemoteUrl, commit: Commit }).nullable(),
  exclude: z.string().max(100_000),
  ...start,
});
export type BundleSource = z.infer<typeof BundleSource>;

/** Where the code of a run comes from. */
export const Source = z.discriminatedUnion('kind', [
  /**
   * The control plane made `gitDirectory`: a bare repository of the run's own that holds `commit` as `refs/longhaul/base`,
   * with all its files and without its history.
   */
  z.strictObject({
    kind: z.literal('local'),
    repository: z.string().min(1),
    gitDirectory: z.string().min(1),
    ...start,
  }),
  BundleSource,
  /** A commit of a remote, found there when the run was delegated. */
  z.strictObject({ kind: z.literal('remote'), url: RemoteUrl, ref: RemoteRef, ...start }),
]);
export type Source = z.infer<typeof Source>;

export type LocalSource = Extract<Source, { kind: 'local' }>;

/** The remote that a source's code, or part of it, is fetched from; null: none. */
export const remoteOf = (source: Source): string | null => {
  switch (source.kind) {
    case 'local':
      return null;
    case 'bundle':
      return source.needs?.url ?? null;
    case 'remote':
      return source.url;
  }
};
