import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DelegateInput, DelegateSource } from '../../../shared/api/runner-api.ts';
import type { LocalSource, Source } from '../../../shared/run/source.ts';
import { headerProblem, writeBundle } from '../../machine/git/bundle.ts';
import { resolveRef } from '../../machine/git/remote.ts';
import { settingsOfFolder, type FolderSettings, type RepositorySettings } from '../../machine/repository/settings.ts';
import { snapshotRepository } from '../../machine/repository/snapshot.ts';
import { privateExcludes } from '../../machine/repository/upload.ts';
import { beginningOf } from '../blobs/blobs.ts';
import type { StoredBlob } from '../store/store.ts';
import { mustBeLocal, refused, type ControlPlane, type Person } from './plane.ts';
import { allowedRemote, listAllowed } from './remotes.ts';
import { settingsOfRemote } from './repository-settings.ts';

/** What a run starts from, and what the repository says of itself. */
export interface FoundSource {
  readonly source: Source;
  /** What lists and limits call it. */
  readonly repository: string;
  readonly settings: RepositorySettings | null;
  /** What whoever delegates should know of that, a sentence each. */
  readonly notes: readonly string[];
  /** The upload that becomes the run's. */
  readonly blob: StoredBlob | null;
}

interface Wanted {
  readonly input: DelegateInput;
  readonly run: string;
  /** Of the run; exists. */
  readonly folder: string;
}

/** Makes, checks or finds what a run starts from. Throws RefusedError. */
export const sourceFor = async (plane: ControlPlane, person: Person, wanted: Wanted): Promise<FoundSource> => {
  const { source, repository, without } = wanted.input;
  if (source !== null && without.length > 0)
    throw refused('invalid', 'Only of a folder here something can be left out.', 'Leave it out before it is uploaded.');
  if (source === null) {
    mustBeLocal(person, 'delegate on a path there');
    return fromFolder(plane, person, wanted);
  }
  if (repository.startsWith('/'))
    throw refused(
      'invalid',
      `A path names a repository on the runner's machine; ${repository} is elsewhere.`,
      'Give the URL of the repository, or its name.',
    );
  return source.kind === 'bundle' ? fromUpload(plane, person, { source, repository }) : fromRemote(plane, source);
};

const fromFolder = async (plane: ControlPlane, person: Person, wanted: Wanted): Promise<FoundSource> => {
  const { input, run, folder } = wanted;
  const { repository, base } = input;
  if (!repository.startsWith('/'))
    throw refused('invalid', `The repository ${repository} is no absolute path.`, 'Name it from the root: /…');
  const { settings, notes } = await settingsOfFolder(repository);
  const snapshot = await snapshotRepository({
    path: repository,
    gitDirectory: join(folder, 'source.git'),
    base: base === 'worktree' ? 'worktree' : base.commit,
    without: input.without,
    signal: plane.closing,
  });
  if (snapshot.outcome === 'refused') throw refused('invalid', snapshot.reason, snapshot.remedy);
  for (const note of snapshot.notes) plane.log.info({ run }, note);
  const found = { repository: snapshot.source.repository, settings, notes };
  return plane.keep === 'local'
    ? { ...found, source: snapshot.source, blob: null }
    : { ...found, ...(await uploaded(plane, person, snapshot.source)) };
};

/** A snapshot for workers that do not share this machine's disk. */
const uploaded = async (
  { blobs, store, config }: ControlPlane,
  person: Person,
  source: LocalSource,
): Promise<Pick<FoundSource, 'source' | 'blob'>> => {
  const { gitDirectory, commit, head, branch, dirty, folder, notes } = source;
  const file = join(gitDirectory, 'upload.bundle');
  await writeBundle({ gitDirectory }, { commit, since: [], whole: true }, file);
  const stored = await blobs.put(createReadStream(file), config.server.maxBlobBytes);
  await rm(file, { force: true });
  if (stored.outcome === 'too_large')
    throw refused(
      'invalid',
      `The snapshot of ${source.repository} is larger than ${config.server.maxBlobBytes} bytes (server.maxBlobBytes).`,
      'Ignore what the agent does not need, or raise that limit.',
    );
  await store.recordUpload(person.tenant, stored);
  const exclude = await privateExcludes(gitDirectory);
  return {
    source: {
      kind: 'bundle',
      blob: stored.hash,
      needs: null,
      exclude,
      commit,
      head,
      branch,
      dirty,
      ...(folder === undefined ? {} : { folder }),
      ...(notes === undefined ? {} : { notes }),
    },
    blob: stored,
  };
};

/** Bytes that the header of a bundle can have. */
const longestHeader = 65_536;

type Uploaded = Extract<DelegateSource, { kind: 'bundle' }>;

const fromUpload = async (
  plane: ControlPlane,
  person: Person,
  { source: given, repository }: { readonly source: Uploaded; readonly repository: string },
): Promise<FoundSource> => {
  const { settings, ...rest } = given;
  const bytes = await plane.store.upload(person.tenant, given.blob);
  if (bytes === null)
    throw refused('not_found', `There is no upload ${given.blob}.`, 'Upload the snapshot, then delegate within a day.');
  const needs =
    given.needs === null ? null : { url: allowedRemote(plane, given.needs.url).url, commit: given.needs.commit };
  const wrong = headerProblem(await beginningOf(plane.blobs, given.blob, longestHeader), {
    commit: given.commit,
    since: needs === null ? [] : [needs.commit],
  });
  if (wrong !== null)
    throw refused(
      'invalid',
      `The upload ${given.blob} cannot be used. ${wrong}`,
      'Delegate again, which uploads it anew.',
    );
  return {
    source: { ...rest, needs },
    repository,
    settings: toldSettings(settings),
    notes: [],
    blob: { hash: given.blob, bytes },
  };
};

/** What a repository that is not here says of itself. */
export const toldSettings = (files: RepositorySettings['files']): RepositorySettings => ({
  branch: 'the default branch',
  files,
  triggers: [],
});

const fromRemote = async (
  plane: ControlPlane,
  { url: given, ref: wanted }: Extract<DelegateSource, { kind: 'remote' }>,
): Promise<FoundSource> => {
  const remote = allowedRemote(plane, given);
  const { url } = remote;
  const listed = await listAllowed(plane, remote);
  const ref = wanted ?? listed.defaultBranch?.replace(/^refs\/heads\//, '') ?? 'HEAD';
  const found = resolveRef(listed, ref);
  if (found === null)
    throw refused('not_found', `${url} has no branch or tag ${ref}.`, 'Name one that it has, or a whole commit id.');
  const { commit, branch } = found;
  const settings = await settingsOfDefault(remote, listed);
  return {
    source: { kind: 'remote', url, ref, commit, head: commit, branch, dirty: false },
    repository: url,
    settings,
    notes: [],
    blob: null,
  };
};

type Remote = ReturnType<typeof allowedRemote>;

const settingsOfDefault = async (
  remote: Remote,
  { defaultBranch, refs }: Awaited<ReturnType<typeof listAllowed>>,
): Promise<RepositorySettings | null> => {
  const commit = defaultBranch === null ? undefined : refs.get(defaultBranch);
  if (defaultBranch === null || commit === undefined) return null;
  return settingsOfRemote(
    { url: remote.url, credential: await remote.credential() },
    { commit, branch: defaultBranch },
  );
};

/** What the default branch of a repository says of itself: of a folder here, or of a remote that the runner may read. Throws RefusedError. */
export const settingsOfRepository = async (
  plane: ControlPlane,
  repository: string,
): Promise<RepositorySettings | null> => (await readRepository(plane, repository)).settings;

/** The same, with what whoever looks at it should know, a sentence each. */
export const readRepository = async (plane: ControlPlane, repository: string): Promise<FolderSettings> => {
  if (repository.startsWith('/')) return settingsOfLocal(repository);
  const remote = allowedRemote(plane, repository);
  return { settings: await settingsOfDefault(remote, await listAllowed(plane, remote)), notes: [] };
};

const settingsOfLocal = async (folder: string): Promise<FolderSettings> => {
  if (!(await stat(folder).catch(() => null))?.isDirectory())
    throw refused('not_found', `There is no folder ${folder} any more.`, 'Put it back, or disable its triggers.');
  const { settings, notes } = await settingsOfFolder(folder);
  if (settings === null && notes.length > 0) throw refused('invalid', notes.join(' '), 'Then try again.');
  return { settings, notes };
};
