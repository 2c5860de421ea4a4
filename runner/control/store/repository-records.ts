export interface RepositoryKey {
  readonly tenant: string;
  /** A folder here, or the URL of a remote. */
  readonly repository: string;
}

export interface RepositoryRow extends RepositoryKey {
  /** Who put it on record, and when, in ms since the epoch; null: nobody did, it was only looked at. */
  readonly added: { readonly by: string; readonly at: number } | null;
  /** What was found when it was looked at last, as JSON; null: it never was. */
  readonly look: string | null;
}

/** How many runs of a repository there are that are not over, and how many were begun lately. */
export interface RunsOfRepository {
  readonly repository: string;
  readonly open: number;
  readonly lately: number;
}

interface TrustedSettings extends RepositoryKey {
  readonly hash: string;
}

/** What a store remembers of a tenant's repositories. */
export interface RepositoryRecords {
  /** Whether somebody of the tenant let be open what settings of a repository, by this hash, open. */
  isTrusted(settings: TrustedSettings): Promise<boolean>;
  /** Remembers that somebody did. Again: who did first stays. */
  trust(settings: TrustedSettings, by: string): Promise<void>;
  /** Those that somebody put on record, or that were looked at. By address. */
  repositories(tenant: string): Promise<readonly RepositoryRow[]>;
  /** Again: who did first stays. */
  addRepository(key: RepositoryKey, by: string): Promise<void>;
  /** Takes it off record, and disables the triggers of it and of `addresses`, which are other ways to write it. */
  removeRepository(key: RepositoryKey, addresses: readonly string[]): Promise<void>;
  /** Remembers what was found there, whether it is on record or not. `look`: JSON. */
  recordLook(key: RepositoryKey, look: string): Promise<void>;
  /** Of each repository that a tenant has runs of. `since`: what counts as lately, ms since the epoch. */
  runsByRepository(input: { readonly tenant: string; readonly since: number }): Promise<readonly RunsOfRepository[]>;
}
