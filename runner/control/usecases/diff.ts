import type { Review } from '../../../shared/api/review.ts';
import type { DiffInput, Principal } from '../../../shared/api/runner-api.ts';
import { ChangeSet } from '../../../shared/run/artifacts.ts';
import type { RoundResult, RunState } from '../../../shared/run/state.ts';
import { marksOf } from '../../machine/repository/marks.ts';
import { readBlob } from './blob.ts';
import { coverageOf } from './coverage.ts';
import { outputOf } from './output.ts';
import { asPerson, refused, runOf, type ControlPlane } from './plane.ts';

/** A larger patch is read as a blob: an editor or a terminal has no use for it in one piece. */
const maxPatchBytes = 10_000_000;

/** The result of the last round that was finished. Throws RefusedError where there is none yet. */
const resultOf = (state: RunState): RoundResult => {
  if (state.result !== null) return state.result;
  throw refused(
    'conflict',
    `Run ${state.number} has no result yet: it is ${state.status}.`,
    `Wait until a round is ready for review: longhaul watch ${state.number}`,
  );
};

/** Throws RefusedError where the blob is gone. */
export const changesOf = async (
  plane: ControlPlane,
  run: RunState,
  { changes }: RoundResult = resultOf(run),
): Promise<ChangeSet> =>
  ChangeSet.parse(
    JSON.parse((await readBlob(plane, { run, hash: changes, what: 'the list of changes' })).toString('utf8')),
  );

/** What there is to see before the round is finished. Throws RefusedError where there is nothing. */
const soFarOf = (state: RunState): RoundResult => {
  if (state.soFar !== null) return state.soFar;
  throw refused(
    'conflict',
    `Run ${state.number} has saved no changes since its last result: it is ${state.status}.`,
    'They are saved when a person is asked something. Look at the last finished round, or at what its calls did.',
  );
};

/** Which round the result is from: the current one once it was handed over, else the one before it. */
const roundOf = (state: RunState): number => {
  const handedOver = state.status === 'reviewing' || state.status === 'accepted' || state.status === 'rejected';
  const cancelledInReview = state.status === 'cancelled' && state.report !== null;
  return handedOver || cancelledInReview ? state.round : Math.max(1, state.round - 1);
};

export const diff = async (plane: ControlPlane, caller: Principal, { run, soFar }: DiffInput): Promise<Review> => {
  const state = await runOf(plane, asPerson(caller), run);
  const result = soFar ? soFarOf(state) : resultOf(state);
  const changes = await changesOf(plane, state, result);
  const bytes = (await plane.blobs.size(result.patch)) ?? 0;
  const patch =
    bytes > maxPatchBytes
      ? null
      : (await readBlob(plane, { run: state, hash: result.patch, what: 'the patch' })).toString('utf8');
  const cautions = await marksOf(changes, state.task.policy, (hash) => plane.blobs.read(hash));
  const coverage = await coverageOf(plane, state, result);
  const output = soFar ? null : await outputOf(plane, state);
  return { run, round: soFar ? state.round : roundOf(state), changes, cautions, coverage, output, patch };
};
