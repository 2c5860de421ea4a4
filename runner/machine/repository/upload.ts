import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DelegateSource } from '../../../shared/api/runner-api.ts';
import type { SettingsFile } from '../../../shared/recipe/settings-file.ts';
import { RemoteUrl } from '../../../shared/run/source.ts';
import { writeBundle } from '../git/bundle.ts';
import { git, line } from '../git/git.ts';
import { settingsOfFolder } from './settings.ts';
import { snapshotRepository, type Snapshot, type SnapshotRequest } from './snapshot.ts';
import { findRepository, userOptions, type Refusal, type UserRepository } from './user-repository.ts';

/** Commits that the runner can fetch from a remote, by full ref name; or why it cannot. */
export type RemoteTips =
  | { readonly outcome: 'ok'; readonly refs: ReadonlyMap<string, string>; readonly defaultBranch: string | null }
  | { readonly outcome: 'none'; readonly reason: string };

export interface UploadRequest extends Pick<SnapshotRequest, 'path' | 'base' | 'without' | 'signal'> {
  /** Absolute; exists, is empty and goes away afterwards. */
  readonly folder: string;
  /** Asks the runner what it can fetch from a remote by itself. */
  readonly tips: (url: string) => Promise<RemoteTips>;
}

/** `thin`: what the runner fetches itself; else why all had to go along. */
export interface Upload {
  readonly outcome: 'ok';
  readonly file: string;
  readonly bytes: number;
  readonly files: number;
  /** Without its blob, which is what the file becomes. */
  readonly source: Omit<Extract<DelegateSource, { kind: 'bundle' }>, 'blob'>;
  /** URL of its remote, else the name of its folder. */
  readonly repository: string;
  readonly full: string | null;
  /** About what the repository says of itself; the source has those about the copy. */
  readonly notes: readonly string[];
}

interface Copy {
  readonly outcome: 'ok';
  readonly gitDirectory: string;
  readonly snapshot: Extract<Snapshot, { outcome: 'ok' }>;
  readonly repository: UserRepository;
  readonly url: string | null;
  /** URL of its remote, else the name of its folder. */
  readonly name: string;
  readonly settings: readonly SettingsFile[];
  /** About what the repository says of itself. */
  readonly notes: readonly string[];
}

/** The snapshot that an upload is made of, and what is told of its repository. Nothing of the repository is written. */
export const copyForUpload = async ({
  path,
  base,
  without,
  folder,
  signal,
}: Omit<UploadRequest, 'tips'>): Promise<Copy | Refusal> => {
  const gitDirectory = join(folder, 'source.git');
  const snapshot = await snapshotRepository({ path, base, without, gitDirectory, signal });
  if (snapshot.outcome === 'refused') return snapshot;
  const repository = await findRepository(path, signal);
  if ('outcome' in repository) return repository;
  const url = await remoteUrl(repository, snapshot.source.branch);
  const { settings, notes } = await settingsOfFolder(repository.root);
  const name = url ?? repository.root.slice(repository.root.lastIndexOf('/') + 1);
  return { outcome: 'ok', gitDirectory, snapshot, repository, url, name, settings: settings?.files ?? [], notes };
};

/**
 * Makes a snapshot of a person's repository, as for a run on this machine, into one file to upload. Thin where the runner can
 * fetch a commit that is near. Nothing of the repository is written.
 */
export const snapshotForUpload = async (request: UploadRequest): Promise<Upload | Refusal> => {
  const copy = await copyForUpload(request);
  if (copy.outcome === 'refused') return copy;
  const { gitDirectory, snapshot, repository, url, settings } = copy;
  const { commit, head, branch, dirty, folder: inside, notes } = snapshot.source;
  const near = await nearTip(repository, { url, head, tips: request.tips });
  const needs = near.outcome === 'ok' ? { url: near.url, commit: near.commit } : null;
  const file = join(request.folder, 'upload.bundle');
  const bytes = await writeBundle(
    { gitDirectory, alternates: [repository.objects] },
    { commit, since: needs === null ? [] : [needs.commit], whole: true },
    file,
  );
  return {
    outcome: 'ok',
    file,
    bytes,
    files: snapshot.files,
    source: {
      kind: 'bundle',
      needs,
      exclude: await privateExcludes(gitDirectory),
      commit,
      head,
      branch,
      dirty,
      ...(inside === undefined ? {} : { folder: inside }),
      ...(notes === undefined ? {} : { notes }),
      settings: [...settings],
    },
    repository: copy.name,
    full: near.outcome === 'ok' ? null : near.reason,
    notes: copy.notes,
  };
};

/** The ignore rules that a snapshot brought along outside of its tree. */
export const privateExcludes = (gitDirectory: string): Promise<string> =>
  readFile(join(gitDirectory, 'info', 'exclude'), 'utf8');

/** The remote that a branch follows, else `origin`, as the runner could read it: over HTTP, with a credential of its own. */
export const remoteUrl = async (repository: UserRepository, branch: string | null): Promise<string | null> => {
  const ask = async (key: string): Promise<string | null> => {
    const found = await git(['config', '--get', key], userOptions(repository));
    return found.ok ? line(found.output) : null;
  };
  const followed = branch === null ? null : await ask(`branch.${branch}.remote`);
  const given = await ask(`remote.${followed === null || followed === '.' ? 'origin' : followed}.url`);
  return given === null ? null : publicUrl(given);
};

/** Without whatever is in it to let its owner in. `git@host:team/project.git` is asked for at https://host. Null: no such URL. */
export const publicUrl = (given: string): string | null => {
  const ssh =
    /^ssh:\/\/(?:[^@/]+@)?([a-z0-9][a-z0-9.-]*)(?::\d+)?\/(.+)$/i.exec(given) ??
    /^(?:[^@/:]+@)?([a-z0-9][a-z0-9.-]*):\/?(?!\/)(.+)$/i.exec(given);
  const url = URL.parse(ssh === null ? given : `https://${ssh[1] ?? ''}/${ssh[2] ?? ''}`);
  if (url === null) return null;
  url.username = '';
  url.password = '';
  const parsed = RemoteUrl.safeParse(url.href);
  return parsed.success ? parsed.data : null;
};

type Near =
  | { readonly outcome: 'ok'; readonly url: string; readonly commit: string }
  | { readonly outcome: 'none'; readonly reason: string };

/** Ancestors that are looked through for one that the remote has. */
const farthest = 10_000;

/** The commit of the remote that is nearest to where the person is, and that this repository has as well. */
const nearTip = async (
  repository: UserRepository,
  {
    url,
    head,
    tips,
  }: { readonly url: string | null; readonly head: string | null; readonly tips: UploadRequest['tips'] },
): Promise<Near> => {
  if (url === null) return { outcome: 'none', reason: 'the repository has no remote' };
  const listed = await tips(url);
  if (listed.outcome === 'none') return listed;
  const commits = new Set(listed.refs.values());
  if (head !== null) {
    const ancestors = await git(['rev-list', `--max-count=${farthest}`, head], userOptions(repository));
    const nearest = line(ancestors.output)
      .split('\n')
      .find((commit) => commits.has(commit));
    if (nearest !== undefined) return { outcome: 'ok', url, commit: nearest };
  }
  // Not where the person's work began, but most likely almost the same files.
  const standard = listed.defaultBranch === null ? undefined : listed.refs.get(listed.defaultBranch);
  if (standard !== undefined && (await git(['cat-file', '-e', `${standard}^{tree}`], userOptions(repository))).ok)
    return { outcome: 'ok', url, commit: standard };
  return { outcome: 'none', reason: `no commit of ${url} is near` };
};
