import { ChangeSet } from '../../../shared/run/artifacts.ts';
import { trailerName, withTrailer, type Effect } from '../../../shared/run/effect.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { Trouble } from '../../../shared/trouble.ts';
import { sourceFolder } from '../../machine/git/source-folder.ts';
import type { PushRequest } from '../../machine/repository/push-branch.ts';
import type { Home } from '../../machine/home/home.ts';
import type { Blobs } from '../blobs/blobs.ts';
import type { AllowedRemote } from '../remotes/remotes.ts';

export interface PushGiven {
  readonly run: RunState;
  readonly key: string;
  readonly blobs: Pick<Blobs, 'read'>;
  readonly home: Pick<Home, 'run'>;
  readonly credential: AllowedRemote['credential'];
  /** Ms since the epoch: when it was asked for. */
  readonly at: number;
  readonly signal: AbortSignal;
}

type BranchEffect = Extract<Effect, { kind: 'branch' }>;

/** By it a commit that an earlier attempt made is known again. */
export const trailerOf = ({ id }: Pick<RunState, 'id'>, key: string): string => `${trailerName}${id}, ${key}`;

/** What a run changed, if it is what was to be published. Throws Trouble. */
export const changesOf = async (
  run: Pick<RunState, 'result'>,
  { patch }: Pick<BranchEffect, 'patch'>,
  blobs: PushGiven['blobs'],
): Promise<ChangeSet> => {
  if (run.result?.patch !== patch)
    throw new Trouble('The run has another result by now than the one that was to be published.', {
      remedy: 'Publish it again.',
    });
  return ChangeSet.parse(JSON.parse((await blobs.read(run.result.changes)).toString('utf8')));
};

/** A branch as git is to push it to a plain remote. Throws Trouble where the code is not here. */
export const pushRequestOf = async (effect: BranchEffect, given: PushGiven): Promise<PushRequest> => {
  const { run, key, blobs, home, credential, at, signal } = given;
  const { source, repository } = run.task;
  if (source.kind !== 'local')
    throw new Trouble('Only GitHub and GitLab are published to from a run whose code is not on the runner’s machine.', {
      remedy: 'Apply it as a branch in your clone and push that: longhaul apply --branch.',
    });
  return {
    repository,
    gitDirectory: sourceFolder(source, home.run(run.id)),
    source,
    changes: await changesOf(run, effect, blobs),
    read: (hash) => blobs.read(hash),
    branch: effect.branch,
    onTop: effect.onTop,
    message: withTrailer(effect.message, trailerOf(run, key)),
    remote: { url: effect.remote, credential: await credential() },
    at,
    signal,
  };
};
