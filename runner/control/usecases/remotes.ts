import { Trouble } from '../../../shared/trouble.ts';
import type { Principal, RemoteInput, RemoteRefs } from '../../../shared/api/runner-api.ts';
import type { Credential, CredentialInput, Refused } from '../../../shared/api/worker-api.ts';
import { refuse } from '../../../shared/run/refusal.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { remoteOf } from '../../../shared/run/source.ts';
import { listRemote, type RemoteRefs as Listed } from '../../machine/git/remote.ts';
import type { AllowedRemote } from '../remotes/remotes.ts';
import { asPerson, refused, type ControlPlane } from './plane.ts';

/** More is no answer for a client: it looks for a commit that it has itself. */
const mostRefs = 5_000;

/** The remote if the runner may go there. Throws RefusedError where it may not. */
export const allowedRemote = ({ remotes }: ControlPlane, url: string): AllowedRemote => {
  const remote = remotes.allowed(url);
  if (remote !== null) return remote;
  throw refused(
    'denied',
    `This runner reads nothing from ${url}.`,
    'Its operator can allow it: remotes: [{ match: … }] in its config.yaml. Or delegate from a clone of it, which uploads what is needed.',
  );
};

/** What a remote has. Throws RefusedError where it cannot be read. */
export const listAllowed = async (plane: ControlPlane, remote: AllowedRemote): Promise<Listed> => {
  const { url } = remote;
  try {
    const listed = await listRemote({ url, credential: await remote.credential() }, plane.closing);
    if (listed.outcome === 'listed') return listed;
    throw refused(
      listed.again ? 'unavailable' : 'invalid',
      `The remote cannot be read: ${listed.reason.replace(/\.$/, '')}.`,
      'Check its address, and that the runner may read it (remotes in its config.yaml).',
    );
  } catch (error) {
    if (error instanceof Trouble) throw refused('unavailable', error.message, error.remedy);
    throw error;
  }
};

export const remoteRefs = async (plane: ControlPlane, caller: Principal, input: RemoteInput): Promise<RemoteRefs> => {
  asPerson(caller);
  const { refs, defaultBranch } = await listAllowed(plane, allowedRemote(plane, input.url));
  const told = [...refs].filter(([name]) => /^refs\/(heads|tags)\//.test(name)).slice(0, mostRefs);
  return { refs: told.map(([name, commit]) => ({ name, commit })), defaultBranch };
};

/**
 * A credential for the worker that holds a run, to read the remote of the run's source, or of what it is to be merged with now. The worker does
 * not say which: it runs what a model chose, and gets nothing that the log does not ask for.
 */
export const workerCredential = async (
  plane: ControlPlane,
  { run, activation, of }: CredentialInput,
): Promise<Credential | Refused> => {
  const state = await plane.store.state(run);
  if (state?.status !== 'working' || state.activation !== activation)
    return refuse('fenced', `Activation ${activation} does not hold run ${run}.`, 'Stop.');
  const url = of === 'source' ? remoteOf(state.task.source) : remoteToMerge(state);
  if (url === null) return { outcome: 'credential', credential: null };
  const remote = plane.remotes.allowed(url);
  if (remote === null)
    return refuse(
      'denied',
      `This runner reads nothing from ${url} any more.`,
      'Its operator can allow it again: remotes: [{ match: … }] in its config.yaml.',
    );
  try {
    const credential = await remote.credential();
    plane.log.info({ run, activation, url, given: credential !== null }, 'a worker asked for a credential');
    return { outcome: 'credential', credential };
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    plane.log.warn({ err: error, run, url }, 'no credential could be had');
    return refuse('conflict', error.message, error.remedy);
  }
};

const remoteToMerge = ({ merge }: RunState): string | null =>
  merge === null || merge.step === 'done' ? null : merge.remote;
