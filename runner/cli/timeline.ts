import type { EventBody, RunEvent } from '../../shared/run/events.ts';
import { callLine } from '../../shared/policy/call-line.ts';
import { clock, cost, count, duration, plural } from '../../shared/text/figures.ts';
import { callById, type CallHistory, type CommandHistory, type History } from './history.ts';
import type { Paint } from './paint.ts';
import { actor, clean, cleanLine, shownPath } from '../../shared/text/clean.ts';
import { fit } from './text.ts';

export interface TimelineOptions {
  /** When the run was delegated: times are counted from there. */
  readonly createdAt: string;
  readonly paint: Paint;
  /** Lines of what the model says that are shown, per turn. */
  readonly messageLines: number;
}

/** Characters of a call's line: enough for a command, and not a whole script. */
const CALL_COLUMNS = 100;

/** An event as lines for a terminal; none where it says nothing to a person. `history` includes the event. */
export const timelineLines = (event: RunEvent, history: History, options: TimelineOptions): readonly string[] => {
  const lines = describe(event.body, history, options);
  const at = clock(Date.parse(event.at) - Date.parse(options.createdAt)).padStart(8);
  return lines.map((line, index) =>
    `${options.paint.dim(index === 0 ? at : ' '.repeat(at.length))}  ${line}`.trimEnd(),
  );
};

const describe = (body: EventBody, history: History, options: TimelineOptions): readonly string[] => {
  const { paint } = options;
  switch (body.type) {
    case 'run.created':
    case 'prepare.started':
    case 'setup.started':
    case 'model.started':
    case 'model.accepted':
    case 'call.judged':
    case 'call.started':
    case 'checkpoint.uploaded':
    case 'verification.started':
    case 'verification.setup.started':
    case 'timer.fired':
    // The question that it waits for stands right before it.
    case 'run.paused':
      return [];
    case 'call.held': {
      const shown = body.paths.slice(0, 3).map(shownPath).join(', ');
      const more = body.paths.length > 3 ? ` and ${body.paths.length - 3} more` : '';
      return [paint.yellow(`! it ran; what it changed needs a person's yes: ${shown}${more}`)];
    }
    case 'checkpoint.saved':
      return body.left.length === 0
        ? []
        : [paint.yellow(`too large to be brought back after a loss: ${body.left.join(', ')}`)];
    case 'workspace.rebuilt': {
      const failed = body.failedSetup.length;
      const setup = failed === 0 ? '' : paint.yellow(`; ${plural(failed, 'setup command')} failed there`);
      return [`the tree was made anew in ${duration(body.durationMs)}${setup}`];
    }
    case 'activation.queued':
      return [queued[body.reason]];
    case 'activation.leased':
      return body.fence === 1 ? ['a worker took it'] : [`a worker took it (activation ${history.activations})`];
    case 'activation.lost':
      return [paint.yellow(`! the worker was lost: ${cleanLine(body.reason)}`)];
    case 'activation.deferred':
      return [
        paint.yellow(
          `! the engine could not start a worker: ${cleanLine(body.reason)} (tries again at ${body.retryAt.slice(11, 19)} UTC)`,
        ),
      ];
    case 'activation.awaited':
      return [paint.yellow(`! no worker has begun: ${cleanLine(body.asked)}: ${cleanLine(body.said)}`)];
    case 'activation.returned':
      return [`the worker left: ${cleanLine(body.reason)}`];
    case 'activation.ended':
      return body.until?.kind === 'time' ? [`waits until ${body.until.at}`] : [];
    case 'guidance.read':
      return body.files.map(
        ({ path, sha256, bytes, text }) =>
          `the agent is given ${cleanLine(path)} (sha256 ${sha256.slice(0, 12)}${Buffer.byteLength(text) < bytes ? ', its beginning' : ''})`,
      );
    case 'prepare.finished':
      return ['workspace ready'];
    case 'setup.finished':
      return [commandLine({ ...body, phase: 'setup' }, paint)];
    case 'verification.setup.finished':
      return [commandLine({ ...body, phase: `setup on the ${body.on === 'base' ? 'base' : 'result'}` }, paint)];
    case 'verification.finished':
      return [commandLine({ ...body, phase: 'verification' }, paint)];
    case 'model.failed': {
      const next = body.retryAt === null ? 'a person is asked' : `tries again at ${body.retryAt.slice(11, 19)} UTC`;
      return [paint.yellow(`! model: ${cleanLine(body.trouble.message)} (${next})`)];
    }
    case 'model.lost':
      return [paint.yellow('! the model call in flight was lost; what it cost is unknown')];
    case 'turn.taken': {
      const tokens =
        body.usage === null ? 'tokens unknown' : `${count(body.usage.input)} in, ${count(body.usage.output)} out`;
      return [
        paint.dim(`turn ${body.turn} · ${tokens} · ${cost(body.cost ?? 0, body.cost !== null)}`),
        ...spoken(body, options),
      ];
    }
    case 'context.compacted':
      return [paint.dim('older turns were summarised')];
    case 'decision.requested':
      return [paint.yellow(`? ${cleanLine(body.request.action)}`), `  ${paint.dim(body.request.id)}`];
    case 'decision.made': {
      const asked = history.decisions.find((decision) => decision.request.id === body.decision);
      const about = asked === undefined ? '' : `: ${cleanLine(asked.request.action)}`;
      const { verdict } = body;
      const by = `by ${actor(body.by)}`;
      if (verdict.kind === 'answered') return [`answered ${by}: ${cleanLine(verdict.answer)}`];
      if (verdict.kind === 'rejected')
        return [
          paint.red(`rejected ${by}${about}`),
          ...(verdict.reason === '' ? [] : [`  ${cleanLine(verdict.reason)}`]),
        ];
      return [paint.green(`approved ${by}${verdict.arguments === null ? '' : ', edited'}${about}`)];
    }
    case 'decision.expired':
      return [paint.yellow(`! ${body.decision} expired undecided: neither yes nor no`)];
    case 'decision.renewed':
      return [`asked again by ${actor(body.by)}, until ${body.expiresAt}`];
    case 'call.finished': {
      const call = callById(history, body.call);
      // What a plan or a report says has an event of its own.
      const told = body.outcome === 'ok' && (call?.tool === 'plan' || call?.tool === 'finish');
      return call === undefined || told ? [] : [finishedLine(call, paint)];
    }
    case 'plan.updated': {
      const active = body.steps.find((step) => step.status === 'active');
      const done = body.steps.filter((step) => step.status === 'done').length;
      return [
        `plan: ${done} of ${body.steps.length} done${active === undefined ? '' : `, now: ${cleanLine(active.text)}`}`,
      ];
    }
    case 'report.submitted':
      return [`report: ${fit(cleanLine(body.report.summary), CALL_COLUMNS)}`];
    case 'repair.requested':
      return [paint.yellow(`! verification failed; the agent is shown how (repair ${body.repair})`)];
    case 'changes.saved':
      return [`changed so far: ${plural(body.files, 'file')}, +${body.additions} -${body.deletions}`];
    case 'round.finished':
      return [paint.bold(`ready for review: ${plural(body.files, 'file')}, +${body.additions} -${body.deletions}`)];
    case 'message.sent':
      return [`${actor(body.by)}: ${cleanLine(body.text)}`];
    case 'review.decided': {
      const what = { accepted: 'accepted', rejected: 'rejected', changes: 'changes requested' }[body.verdict];
      const why = body.reason === '' ? '' : `: ${cleanLine(body.reason)}`;
      return [`${what} by ${actor(body.by)}${why}`];
    }
    case 'changes.applied':
      return [appliedLine(body)];
    case 'run.completed':
      return [paint.green('finished without changes')];
    case 'run.failed':
      return [paint.red(`failed (${body.class}): ${cleanLine(body.message)}`)];
    case 'run.cancelled':
      return [paint.red(`cancelled by ${actor(body.by)}${body.reason === '' ? '' : `: ${cleanLine(body.reason)}`}`)];
    case 'run.resumed':
      return [`resumed by ${actor(body.by)}`];
    default:
      return unknown(body);
  }
};

/** Does not compile when an event is forgotten above; one of a newer runner is passed over. */
const unknown = (_body: never): readonly string[] => [];

const queued = {
  delegated: 'queued',
  decision: 'queued again: decided',
  timer: 'queued again: the time has come',
  lost: 'queued again: it goes on from its log',
  returned: 'queued again: it goes on from its log',
  resumed: 'queued again: it goes on from its last checkpoint',
  changes: 'queued again: changes were requested',
};

const spoken = (
  body: Extract<EventBody, { type: 'turn.taken' }>,
  { paint, messageLines }: TimelineOptions,
): readonly string[] => {
  const lines = body.items.flatMap((item) => {
    if (item.type === 'refusal') return [paint.red(`refused: ${cleanLine(item.text)}`)];
    if (item.type !== 'message' || item.role !== 'assistant') return [];
    return clean(item.text)
      .trim()
      .split('\n')
      .filter((line) => line.trim() !== '');
  });
  const shown = lines.slice(0, messageLines);
  const odd = body.oddities.map((what) =>
    paint.yellow(`the endpoint also sent ${cleanLine(what)}, which was not read`),
  );
  return lines.length > shown.length
    ? [...shown, paint.dim(`… ${plural(lines.length - shown.length, 'more line')}`), ...odd]
    : [...shown, ...odd];
};

/** `✓ bash npm test  exit 0 · 2.3 s` */
export const finishedLine = (call: CallHistory, paint: Paint): string => {
  const name = fit(callLine(call.tool, call.arguments), CALL_COLUMNS);
  const { finished } = call;
  if (finished === null) return `${paint.dim('·')} ${name}`;
  const ok = finished.outcome === 'ok' && (finished.exitCode ?? 0) === 0;
  const facts = [
    howItFailed(finished),
    finished.exitCode === null ? '' : `exit ${finished.exitCode}`,
    finished.durationMs === 0 ? '' : duration(finished.durationMs),
    ...hostFacts(finished),
    call.attempts > 1 ? `attempt ${call.attempts}` : '',
  ].filter(Boolean);
  return `${ok ? paint.green('✓') : paint.red('✗')} ${name}${facts.length === 0 ? '' : `  ${paint.dim(facts.join(' · '))}`}`;
};

/** What a command reached, and what it was kept from. */
const hostFacts = (hosts: { readonly refusedHosts: readonly string[]; readonly reachedHosts: readonly string[] }) => [
  hosts.reachedHosts.length === 0 ? '' : `reached ${cleanLine(hosts.reachedHosts.join(', '))}`,
  hosts.refusedHosts.length === 0 ? '' : `refused to reach ${cleanLine(hosts.refusedHosts.join(', '))}`,
];

/** A command's exit code says that it failed; of everything else the first line of its output says how. */
const howItFailed = ({ outcome, output, exitCode }: NonNullable<CallHistory['finished']>): string => {
  if (outcome !== 'error') return outcome === 'ok' ? '' : outcome;
  const [first = ''] = output.split('\n');
  return exitCode === null ? fit(`error: ${cleanLine(first)}`, CALL_COLUMNS) : '';
};

/** `✓ verification npm test  exit 0 · 2.3 s` */
export const commandLine = (
  command: Pick<
    CommandHistory,
    'phase' | 'command' | 'outcome' | 'exitCode' | 'durationMs' | 'refusedHosts' | 'reachedHosts'
  >,
  paint: Paint,
): string => {
  const ok = command.outcome === 'exited' && command.exitCode === 0;
  const how = command.outcome === 'exited' ? `exit ${command.exitCode}` : command.outcome;
  const facts = paint.dim([how, duration(command.durationMs), ...hostFacts(command)].filter(Boolean).join(' · '));
  return `${ok ? paint.green('✓') : paint.red('✗')} ${command.phase} ${fit(cleanLine(command.command), CALL_COLUMNS)}  ${facts}`;
};

export const appliedLine = (applied: {
  readonly by: string;
  readonly how: 'worktree' | 'branch' | 'undo';
  readonly target: string;
  readonly files: number;
  readonly conflicts: number;
}): string => {
  const target = cleanLine(applied.target);
  const where = {
    worktree: `applied to ${target}`,
    branch: `put on branch ${target}`,
    undo: `taken back from ${target}`,
  };
  const conflicts = applied.conflicts === 0 ? '' : `, ${plural(applied.conflicts, 'conflict')}`;
  return `${where[applied.how]} by ${actor(applied.by)}: ${plural(applied.files, 'file')}${conflicts}`;
};
