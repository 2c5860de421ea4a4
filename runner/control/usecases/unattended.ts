import type { PublishInput } from '../../../shared/api/publication.ts';
import type { OpenDecision } from '../../../shared/decision/decision.ts';
import { effectsOfRound } from '../../../shared/run/effect.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { failedChecks } from '../../../shared/run/summary.ts';
import type { ToPublish } from '../store/store.ts';
import { notAgreed } from '../triggers/firing.ts';
import { operatorAsks } from './may-publish.ts';
import type { ControlPlane, Person } from './plane.ts';
import { publication, publishingTo, publishWish } from './publish.ts';
import { outputPublication, publishOutputWish } from './publish-output.ts';
import { authorityOf, triggering } from './triggering.ts';

/**
 * Has a result published as its trigger says, and as whoever enabled that agreed to. Null: it is on record, be it as a question to
 * somebody; else why a person has to look at it first, a sentence. Throws RefusedError where it cannot be now.
 */
const publishUnattended = async (
  plane: ControlPlane,
  { key, publish: how, ciRepairs }: ToPublish,
  state: RunState,
): Promise<string | null> => {
  // Whatever somebody said to that question, it is not asked twice about one round.
  if (effectsOfRound(state).length > 0 || Object.values(state.decisions).some(isAboutPublishing)) return null;
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
  // In the role in which they agreed to it.
  const person: Person = { ...authorityOf(plane, row), role: 'approver' };
  if (!isDiff) return sayUnattended(plane, person, { state, how, trigger: key.name });
  const proposed = await publication(plane, person, { run: state.id, remote: null, branch: null, into: null });
  const pullRequest =
    proposed.pullRequest === null
      ? null
      : {
          ...proposed.pullRequest,
          draft: how !== 'ready',
          ciRepairs: Math.max(ciRepairs, proposed.pullRequest.ciRepairs),
        };
  const why = whyUnattended(plane, proposed, { how, trigger: key.name });
  await publishWish(plane, person, { input: { ...proposed, pullRequest }, why });
  return null;
};

/** The same of a result that is no diff. */
const sayUnattended = async (
  plane: ControlPlane,
  person: Person,
  { state, how, trigger }: How & { readonly state: RunState },
): Promise<string | null> => {
  const { kind } = state.task.output;
  if (kind === 'report') return 'It is a report, which is published nowhere.';
  if (how === 'draft' && kind !== 'release') return 'There is no draft of it, and its trigger says "publish: draft".';
  if (state.output?.kind === 'labels' && state.output.labels.length === 0) return 'No label fits.';
  const proposed = await outputPublication(plane, person, { run: state.id, remote: null });
  await publishOutputWish(plane, person, { input: proposed, why: whyUnattended(plane, proposed, { how, trigger }) });
  return null;
};

interface How {
  readonly how: ToPublish['publish'];
  readonly trigger: string;
}

const isAboutPublishing = ({ request }: OpenDecision): boolean => request.kind === 'publish';

/** Why somebody is asked before what a trigger publishes by itself; null: nobody is. */
const whyUnattended = (
  plane: ControlPlane,
  { remote, secrets }: Pick<PublishInput, 'remote' | 'secrets'>,
  { how, trigger }: How,
): string | null => {
  const why = [
    ...(how === 'ask'
      ? [`Its trigger ${trigger} has somebody asked before anything is published (publish: ask).`]
      : []),
    ...(publishingTo(plane, remote).publishing.asks ? [operatorAsks(remote)] : []),
    ...(secrets.length === 0 ? [] : ['It has what looks like a secret, which is never published unasked.']),
  ];
  return why.length === 0 ? null : why.join(' ');
};

/** What the supervisor needs for triggers. */
export const triggersFor = (plane: ControlPlane) => ({
  ...triggering(plane),
  publish: (waiting: ToPublish, state: RunState) => publishUnattended(plane, waiting, state),
});
