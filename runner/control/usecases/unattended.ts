import { effectsOfRound } from '../../../shared/run/effect.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { failedChecks } from '../../../shared/run/summary.ts';
import type { ToPublish } from '../store/store.ts';
import { notAgreed } from '../triggers/firing.ts';
import type { ControlPlane, Person } from './plane.ts';
import { publication, publish } from './publish.ts';
import { outputPublication, publishOutput } from './publish-output.ts';
import { authorityOf, triggering } from './triggering.ts';

/**
 * Has a result published as its trigger says, and as whoever enabled that agreed to. Null: it is on record; else why a person has to look at it first,
 * a sentence. Throws RefusedError where it cannot be now.
 */
const publishUnattended = async (
  plane: ControlPlane,
  { key, publish: how, ciRepairs }: ToPublish,
  state: RunState,
): Promise<string | null> => {
  if (effectsOfRound(state).length > 0) return null;
  const row = (await plane.store.triggers(key.tenant)).find(
    ({ repository, name }) => repository === key.repository && name === key.name,
  );
  if (row?.enabled !== true) return 'Its trigger was disabled meanwhile.';
  const { kind } = state.task.output;
  if (notAgreed(row, { publish: how, output: kind }) !== null)
    return `${row.by}, who enabled its trigger since, did not agree to that.`;
  const isDiff = kind === 'diff';
  if (state.result === null || (isDiff && state.result.files === 0)) return 'It changed nothing.';
  const failed = failedChecks(state);
  if (failed !== null) return `Its checks do not pass: ${failed}.`;
  const person = authorityOf(plane, row);
  if (!isDiff) return sayUnattended(plane, person, { state, how });
  const proposed = await publication(plane, person, { run: state.id, remote: null, branch: null, into: null });
  const [secret] = proposed.secrets;
  if (secret !== undefined) return `What looks like a secret would go along: ${secret}`;
  const pullRequest =
    proposed.pullRequest === null
      ? null
      : {
          ...proposed.pullRequest,
          draft: how === 'draft',
          ciRepairs: Math.max(ciRepairs, proposed.pullRequest.ciRepairs),
        };
  await publish(plane, person, { ...proposed, pullRequest });
  return null;
};

/** The same of a result that is no diff. */
const sayUnattended = async (
  plane: ControlPlane,
  person: Person,
  { state, how }: { readonly state: RunState; readonly how: ToPublish['publish'] },
): Promise<string | null> => {
  const { kind } = state.task.output;
  if (kind === 'report') return 'It is a report, which is published nowhere.';
  if (how === 'draft' && kind !== 'release') return 'There is no draft of it, and its trigger says "publish: draft".';
  if (state.output?.kind === 'labels' && state.output.labels.length === 0) return 'No label fits.';
  const proposed = await outputPublication(plane, person, { run: state.id, remote: null });
  const [secret] = proposed.secrets;
  if (secret !== undefined) return `What looks like a secret would go along: ${secret}`;
  await publishOutput(plane, person, proposed);
  return null;
};

/** What the supervisor needs for triggers. */
export const triggersFor = (plane: ControlPlane) => ({
  ...triggering(plane),
  publish: (waiting: ToPublish, state: RunState) => publishUnattended(plane, waiting, state),
});
