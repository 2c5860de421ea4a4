import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Applied, ApplyInput, Principal, RecordAppliedInput } from '../../../shared/api/runner-api.ts';
import type { Source } from '../../../shared/run/source.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { sourceFolder } from '../../machine/git/source-folder.ts';
import { applyResult, countsOf, type Application } from '../../machine/repository/apply-result.ts';
import { openSource } from '../../machine/repository/open-source.ts';
import { readBlob } from './blob.ts';
import { changesOf } from './diff.ts';
import { turns } from '../../machine/turns.ts';
import { mustBeDiff } from './publish.ts';
import { actor, asPerson, commandRun, mustBeLocal, refused, runOf, type ControlPlane } from './plane.ts';

const inTurn = turns(1);

/**
 * Brings a result into the person's repository on this machine, or takes the last application back, and records it. One at a
 * time for each repository. Throws RefusedError where nothing was done; a file that was left alone is in the answer.
 */
export const apply = async (plane: ControlPlane, caller: Principal, input: ApplyInput): Promise<Applied> => {
  const person = asPerson(caller);
  const state = await runOf(plane, person, input.run);
  mustBeLocal(person, 'change files of a repository there');
  mustBeDiff(state);
  const { repository } = state.task;
  if (!repository.startsWith('/'))
    throw refused(
      'conflict',
      `The repository of run ${state.number} is not on the runner's machine: it is ${repository}.`,
      'Apply it in your clone of it, on your machine: longhaul apply --url …',
    );
  return inTurn(repository, async () => {
    const { applied, onRecord } = await perform(plane, state, input.how);
    if (!onRecord) return applied;
    const { how, target } = applied;
    await commandRun(plane, person, {
      run: state.id,
      command: () => ({ kind: 'applied', by: actor(person), how, target, ...countsOf(applied) }),
    });
    return applied;
  });
};

/** Records what a person did with a result on a machine of their own. */
export const recordApplied = (
  plane: ControlPlane,
  caller: Principal,
  { run, how, target, files, conflicts }: RecordAppliedInput,
): Promise<RunState> =>
  commandRun(plane, caller, { run, command: (by) => ({ kind: 'applied', by, how, target, files, conflicts }) });

const ownSource = (runFolder: string, source: Source): Source =>
  source.kind === 'local' ? { ...source, gitDirectory: sourceFolder(source, runFolder) } : source;

const perform = async (
  plane: ControlPlane,
  state: RunState,
  how: ApplyInput['how'],
): Promise<Extract<Application, { outcome: 'ok' }>> => {
  const { repository, title } = state.task;
  const { blobs } = plane;
  const source = ownSource(plane.home.run(state.id), state.task.source);
  const done = await applyResult(
    {
      run: state.id,
      title,
      policy: state.task.policy,
      repository,
      source,
      undoFolder: join(plane.home.run(state.id), 'undo'),
      changes: how.kind === 'undo' ? null : await changesOf(plane, state),
      read: (hash) => readBlob(plane, { run: state, hash, what: 'a file of the result' }),
      openSource: () =>
        openSource(source, {
          repository,
          fetch: async (hash, file) => {
            if ((await blobs.size(hash)) === null) return false;
            await pipeline(await blobs.stream(hash), createWriteStream(file, { mode: 0o600 }));
            return true;
          },
        }),
    },
    how,
  );
  if (done.outcome === 'ok') return done;
  const stale = 'patch' in how && how.patch !== null && how.patch !== state.result?.patch;
  throw refused(stale ? 'stale' : 'conflict', done.reason, mergedFirst(state) ?? done.remedy);
};

/** What to do about a result that stands on more than the person may have here; null: it does not. */
const mergedFirst = ({ merge }: RunState): string | null =>
  merge?.step === 'done'
    ? `It was merged with ${merge.branch} at ${merge.commit.slice(0, 12)}: pull that first, and apply it to the working tree then.`
    : null;
