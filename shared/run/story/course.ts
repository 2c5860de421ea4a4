import { actor, cleanLine } from '../../text/clean.ts';
import { changeSize, duration, plural, utcSeconds } from '../../text/figures.ts';
import { awaitedAgain, voided } from './people.ts';
import { interrupted, leftUndone } from './work.ts';
import { because, facts, silent, type Body, type Of, type Tellers } from './moment.ts';

const queued: Record<Body<'activation.queued'>['reason'], string> = {
  delegated: 'Queued',
  decision: 'Queued again: decided',
  timer: 'Queued again: the time has come',
  lost: 'Queued again: it goes on from its log',
  returned: 'Queued again: it goes on from its log',
  resumed: 'Queued again: it goes on from its last checkpoint',
  changes: 'Queued again: changes were requested',
};

/** Of its workers. */
const activations: Tellers<Of<'activation'>> = {
  'activation.queued': ({ reason }) => ({ mark: 'note', text: queued[reason], about: { kind: 'queue' } }),
  'activation.leased': (_body, { activations: before }) =>
    before === 0
      ? { mark: 'note', text: 'A worker took it', about: { kind: 'queue' } }
      : { mark: 'note', text: 'A worker took it up again', detail: `activation ${before + 1}` },
  'activation.lost': ({ reason }, scene) => [
    ...interrupted(scene),
    {
      mark: 'warning',
      text: `The worker was lost: ${cleanLine(reason)}`,
      about: { kind: 'retry', retry: { what: 'worker lost', message: reason, retryAt: null } },
    },
  ],
  'activation.deferred': ({ reason, remedy, retryAt }) => ({
    mark: 'warning',
    text: `The engine could not start a worker: ${cleanLine(reason)}`,
    detail: facts(`tries again at ${utcSeconds(retryAt)}`, cleanLine(remedy ?? '')),
    about: { kind: 'retry', retry: { what: 'no worker began', message: reason, retryAt } },
  }),
  'activation.awaited': ({ asked, said, remedy }) => ({
    mark: 'warning',
    text: `No worker has begun: ${cleanLine(asked)}: ${cleanLine(said)}`,
    detail: cleanLine(remedy ?? ''),
    about: { kind: 'delay' },
  }),
  'activation.returned': ({ reason }, scene) => [
    ...interrupted(scene),
    { mark: 'note', text: `The worker left: ${cleanLine(reason)}` },
  ],
  'activation.ended': ({ until }) =>
    until?.kind === 'time' ? { mark: 'note', text: 'Waits', detail: `until ${utcSeconds(until.at)}` } : [],
};

/** Of its workspace. */
const workspace: Tellers<Of<'prepare'> | Of<'base'> | Of<'checkpoint'> | 'workspace.rebuilt' | 'guidance.read'> = {
  'prepare.started': silent,
  'prepare.finished': () => ({ mark: 'note', text: 'The workspace is ready' }),
  'base.moved': () => ({ mark: 'note', text: 'What the result is merged with is here' }),
  'base.merged': ({ conflicts, conflicted }) =>
    conflicted === 0
      ? { mark: 'note', text: 'The result is merged with it, without conflicts' }
      : {
          mark: 'warning',
          text: `The result is merged with it: ${plural(conflicted, 'file')} with conflicts, for the agent to resolve`,
          detail: cleanLine(conflicts.join(', ')),
        },
  'guidance.read': ({ files }) => ({
    mark: 'note',
    text: 'The agent is given what the repository says to agents',
    detail: files.map(guidance).join(', '),
  }),
  'checkpoint.saved': ({ left }) =>
    left.length === 0
      ? []
      : { mark: 'warning', text: 'Too large to be brought back after a loss', detail: cleanLine(left.join(', ')) },
  'checkpoint.uploaded': silent,
  'workspace.rebuilt': ({ durationMs, failedSetup: { length: failed } }) => ({
    mark: failed === 0 ? 'note' : 'warning',
    text: 'The tree was made anew',
    detail: facts(duration(durationMs), failed === 0 ? '' : `${plural(failed, 'setup command')} failed there`),
  }),
};

/** Of its rounds and its end. */
const rounds: Tellers<Of<'run'> | Of<'pause'> | Of<'changes'> | Of<'round'> | Of<'repair'> | Of<'timer'>> = {
  'run.created': ({ task }) => ({
    mark: 'note',
    text: `Delegated by ${actor(task.requester)}`,
    detail: task.recipe === null ? '' : `By the recipe ${cleanLine(task.recipe)}`,
    about: { kind: 'delegation' },
  }),
  'repair.requested': ({ repair }) => ({
    mark: 'warning',
    text: `Verification failed; the agent is shown how (repair ${repair})`,
    about: { kind: 'repair' },
  }),
  'changes.saved': (body) => ({
    mark: 'note',
    text: 'Changed so far',
    detail: changeSize(body),
    blob: body.patch,
    about: { kind: 'changes' },
  }),
  'round.finished': (body, { round }) => ({
    mark: 'ok',
    text: `Round ${round} is ready for review`,
    detail: changeSize(body),
  }),
  'changes.applied': ({ by, how, target, files, conflicts }) => ({
    mark: conflicts > 0 ? 'warning' : 'ok',
    text: `${applied[how]} ${cleanLine(target)} by ${actor(by)}`,
    detail: `${plural(files, 'file')}${conflicts === 0 ? '' : `, ${plural(conflicts, 'conflict')}`}`,
    about: { kind: 'application', application: { by, how, target, files, conflicts } },
  }),
  'timer.fired': silent,
  // The question that it waits for stands right before it.
  'run.paused': silent,
  'pause.requested': ({ by }) => ({ mark: 'note', text: `Paused by ${actor(by)}` }),
  'pause.ended': ({ by }) => ({ mark: 'note', text: `Resumed by ${actor(by)}` }),
  'run.completed': () => ({ mark: 'ok', text: 'Finished without changes' }),
  'run.failed': (body, scene) => [
    ...voided(scene),
    ...leftUndone(scene),
    { mark: 'bad', text: `Failed (${body.class}): ${cleanLine(body.message)}` },
  ],
  'run.cancelled': ({ by, reason }, scene) => [
    ...voided(scene),
    ...leftUndone(scene),
    { mark: 'bad', text: `Cancelled by ${actor(by)}${because(reason)}` },
  ],
  'run.archived': ({ by }) => ({ mark: 'note', text: `Archived by ${actor(by)}` }),
  'run.unarchived': ({ by }) => ({ mark: 'note', text: `Taken out of the archive by ${actor(by)}` }),
  'run.deleted': ({ by }) => ({ mark: 'note', text: `Deleted by ${actor(by)}` }),
  'run.resumed': ({ by }, scene) => [{ mark: 'note', text: `Resumed by ${actor(by)}` }, ...awaitedAgain(scene)],
};

const applied = { worktree: 'Applied to', branch: 'Put on branch', undo: 'Taken back from' } as const;

/** What of a file the agent is given: all of it, or as much as fits. */
const guidance = ({ path, sha256, bytes, text }: Body<'guidance.read'>['files'][number]): string =>
  `${cleanLine(path)} (sha256 ${sha256.slice(0, 12)}${new TextEncoder().encode(text).length < bytes ? ', its beginning' : ''})`;

export const course = { ...activations, ...workspace, ...rounds };
