import { Trouble } from '../../shared/trouble.ts';
import type { DelegateInput } from '../../shared/api/runner-api.ts';
import type { RunState } from '../../shared/run/state.ts';
import type { Api } from './connection/client.ts';
import { problemOf } from './connection/problem.ts';
import { snapshotForUpload, type RemoteTips } from '../machine/repository/upload.ts';
import { temporaryFolder } from '../machine/home/temporary-folder.ts';
import type { CommandContext } from './context.ts';
import { bytes } from '../../shared/text/figures.ts';
import { liveLine } from './live-line.ts';
import { cleanLine } from '../../shared/text/clean.ts';

/** Delegates to the runner; to one elsewhere a repository of this machine goes along as an upload. Throws Trouble. */
export const delegateFrom = async (
  context: CommandContext,
  api: Api,
  { input, remote }: { readonly input: DelegateInput; readonly remote: boolean },
): Promise<RunState> => {
  if (context.remote === null || remote) return api.call.runs.delegate.mutate(input);
  await using folder = await temporaryFolder('longhaul-upload-');
  const upload = await snapshotForUpload({
    path: input.repository,
    base: input.base === 'worktree' ? 'worktree' : input.base.commit,
    without: input.without,
    folder: folder.path,
    tips: (url) => tipsOf(api, url),
  });
  if (upload.outcome === 'refused') throw new Trouble(upload.reason, { remedy: upload.remedy, code: 'invalid' });
  for (const note of upload.notes) context.note(cleanLine(note));
  const { source, repository, full } = upload;
  const size = bytes(upload.bytes);
  context.note(
    cleanLine(
      source.needs === null
        ? `Uploading all ${upload.files} files, ${size}: ${full ?? ''}.`
        : `Uploading what differs from ${source.needs.commit.slice(0, 12)} of ${source.needs.url}, ${size}.`,
    ),
  );
  let sent = 0;
  using _line = context.json
    ? null
    : liveLine(context.terminal, () => `  ${bytes(sent)} of ${size} (${Math.floor((sent / upload.bytes) * 100)} %)`);
  const blob = await api.upload(upload.file, (now) => {
    sent = now;
  });
  return await api.call.runs.delegate.mutate({ ...input, without: [], repository, source: { ...source, blob } });
};

/** A runner that does not read the remote gets everything: that is no failure. */
const tipsOf = async (api: Api, url: string): Promise<RemoteTips> => {
  try {
    const { refs, defaultBranch } = await api.call.runs.remoteRefs.query({ url });
    return { outcome: 'ok', refs: new Map(refs.map(({ name, commit }) => [name, commit])), defaultBranch };
  } catch (error) {
    const problem = problemOf(error);
    if (problem === null || problem.code === 'unreachable' || problem.code === 'unauthorized') throw error;
    return { outcome: 'none', reason: problem.message.replace(/\.$/, '') };
  }
};
