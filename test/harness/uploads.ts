import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect } from '../../runner/cli/connection/client.ts';
import type { Endpoint } from '../../shared/client/client.ts';
import { snapshotForUpload, type RemoteTips, type Upload } from '../../runner/machine/repository/upload.ts';
import type { DelegateInput } from '../../shared/api/runner-api.ts';
import type { RunState } from '../../shared/run/state.ts';

const noRemote = async (): Promise<RemoteTips> => ({ outcome: 'none', reason: 'there is no remote' });

/** Uploads a repository of this machine and delegates on it, as a client of a runner elsewhere does. */
export const delegateUpload = async (
  runner: Endpoint,
  repository: string,
  input: Partial<DelegateInput> & { readonly goal: string },
): Promise<{ readonly run: RunState; readonly upload: Upload }> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'longhaul-test-upload-'));
  try {
    const upload = await snapshotForUpload({ path: repository, base: 'worktree', folder, tips: noRemote });
    if (upload.outcome === 'refused') throw new Error(upload.reason);
    const api = connect(runner);
    const blob = await api.upload(upload.file, () => {});
    const run = await api.call.runs.delegate.mutate({
      ...input,
      repository: upload.repository,
      source: { ...upload.source, blob },
    });
    return { run, upload };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
