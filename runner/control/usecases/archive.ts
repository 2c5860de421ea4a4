import { access } from 'node:fs/promises';
import type { Deletion } from '../../../shared/api/deletion.ts';
import type { Principal, RunInput } from '../../../shared/api/runner-api.ts';
import { archivedBy, type RunState } from '../../../shared/run/state.ts';
import { RefusedError } from '../../../shared/api/router.ts';
import { deletionRefused } from '../store/delete-run.ts';
import { actor, asPerson, commandRun, refused, runOf, type ControlPlane, type Person } from './plane.ts';

/** Whoever was faster had the same wish. Throws RefusedError for a run that is not over. */
export const archive = async (plane: ControlPlane, caller: Principal, { run }: RunInput): Promise<RunState> => {
  const state = await runOf(plane, asPerson(caller), run);
  if (archivedBy(state) !== null) return state;
  return commandRun(plane, caller, { run, command: (by) => ({ kind: 'archive', by }) });
};

export const unarchive = async (plane: ControlPlane, caller: Principal, { run }: RunInput): Promise<RunState> => {
  const state = await runOf(plane, asPerson(caller), run);
  if (archivedBy(state) === null) return state;
  return commandRun(plane, caller, { run, command: (by) => ({ kind: 'unarchive', by }) });
};

/** What deleting it would take away. Throws RefusedError where it may not be deleted: now, or by this person. */
export const deletion = async (plane: ControlPlane, caller: Principal, { run }: RunInput): Promise<Deletion> => {
  const person = asPerson(caller);
  const state = await runOf(plane, person, run);
  mayDelete(person, state);
  const problem = deletionRefused(state);
  if (problem !== null) throw new RefusedError(problem.refusal);
  if (plane.engine.having(run).length > 0)
    throw refused('conflict', `The worker of run ${state.number} is still leaving.`, 'Try again in a few seconds.');
  const blobs = await plane.store.blobsOf(run);
  const folder = plane.home.run(run);
  const there = await access(folder).then(
    () => true,
    () => false,
  );
  return {
    run,
    number: state.number,
    title: state.task.title,
    events: state.seq,
    contents: blobs.count,
    bytes: blobs.bytes,
    folder: there ? folder : null,
  };
};

/** Its folder goes a few seconds later, and what it had stored within some hours: both are the retention's. */
export const deleteRun = async (plane: ControlPlane, caller: Principal, input: RunInput): Promise<Deletion> => {
  const gone = await deletion(plane, caller, input);
  const by = actor(asPerson(caller));
  const deleted = await plane.store.delete(input.run, by);
  if (deleted.outcome === 'refused') throw new RefusedError(deleted.refusal);
  plane.log.info({ run: input.run, by, events: gone.events, contents: gone.contents }, 'a run was deleted');
  return gone;
};

const mayDelete = (person: Person, { number, task }: RunState): void => {
  if (person.role === 'admin' || actor(person) === task.requester) return;
  throw refused(
    'denied',
    `Run ${number} was delegated by somebody else: they or an admin may delete it.`,
    'Hide it instead: longhaul archive',
  );
};
