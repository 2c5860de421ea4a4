import type { EventBody, RunEvent } from '../../../shared/run/events.ts';
import { costText as cost } from '../../ground/text/text.ts';
import type { Mark, Part } from '../../ground/page/page.ts';
import { actor, clean, cleanLine, exactArguments } from '../../../shared/text/clean.ts';
import { duration, plural } from '../../../shared/text/figures.ts';
import { callLine } from '../../../shared/policy/call-line.ts';

/** One thing that happened, with all that is known of it. */
export interface Moment {
  readonly key: string;
  readonly topic: 'call' | 'decision' | 'retry' | 'setup' | 'verification' | 'person' | 'model' | 'changes' | 'run';
  readonly round: number;
  readonly at: string;
  readonly mark: Mark;
  readonly text: string;
  readonly detail: string;
  readonly parts: readonly Part[];
  /** The whole of an output of which a part is shown, or a patch. */
  readonly blob: string | null;
  /** Of a call: counts from 1 through the run, and its id. */
  readonly call: { readonly number: number; readonly id: string; readonly tool: string } | null;
}

/** Folds the events of a run, in order, into what a person sees of them. It changes itself: a log may be long. */
export interface Timeline {
  readonly moments: readonly Moment[];
  add(event: RunEvent): void;
  /** The latest call of that id: providers number calls as they like. */
  call(id: string): Moment | undefined;
  find(key: string): Moment | undefined;
}

type Body<Type extends EventBody['type']> = Extract<EventBody, { type: Type }>;

export const createTimeline = (): Timeline => {
  const moments: Moment[] = [];
  const places = new Map<string, number>();
  const callKeys = new Map<string, string>();
  /** The latest decision about each call. */
  const asked = new Map<string, string>();
  let round = 1;
  let calls = 0;

  const put = (event: RunEvent, moment: Partial<Moment> & Pick<Moment, 'topic' | 'mark' | 'text'>): void => {
    const key = moment.key ?? `event ${event.seq}`;
    places.set(key, moments.length);
    moments.push({ round, at: event.at, detail: '', parts: [], blob: null, call: null, ...moment, key });
  };
  const change = (key: string, by: (moment: Moment) => Partial<Moment>): void => {
    const at = places.get(key);
    const moment = at === undefined ? undefined : moments[at];
    if (at !== undefined && moment !== undefined) moments[at] = { ...moment, ...by(moment) };
  };
  const find = (key: string): Moment | undefined => {
    const at = places.get(key);
    return at === undefined ? undefined : moments[at];
  };
  const command = (
    event: RunEvent,
    topic: 'setup' | 'verification',
    body: Body<'setup.finished'> | Body<'verification.setup.finished'> | Body<'verification.finished'>,
  ): void =>
    put(event, {
      topic,
      mark: body.outcome === 'exited' && body.exitCode === 0 ? 'ok' : 'bad',
      text: `${topic}${body.type === 'verification.setup.finished' ? `, setup on the ${body.on === 'base' ? 'base' : 'result'}` : ''}: ${cleanLine(body.command)}`,
      detail: [
        body.outcome === 'exited' ? `exit ${body.exitCode}` : body.outcome,
        duration(body.durationMs),
        ...hostFacts(body),
      ]
        .filter(Boolean)
        .join(' · '),
      parts: [{ label: 'Output', text: clean(body.output) }],
      blob: body.outputBlob,
    });

  const add = (event: RunEvent): void => {
    const { body } = event;
    switch (body.type) {
      case 'activation.leased':
        if (body.fence > 1) put(event, { topic: 'run', mark: 'note', text: 'A worker took it up again' });
        return;
      case 'activation.lost':
        return put(event, { topic: 'retry', mark: 'warning', text: `The worker was lost: ${cleanLine(body.reason)}` });
      case 'activation.deferred':
        return put(event, {
          topic: 'retry',
          mark: 'warning',
          text: `The engine could not start a worker: ${cleanLine(body.reason)}`,
          detail: `tries again at ${body.retryAt}`,
        });
      case 'activation.awaited':
        return put(event, {
          topic: 'retry',
          mark: 'warning',
          text: `No worker has begun: ${cleanLine(body.asked)}: ${cleanLine(body.said)}`,
          detail: cleanLine(body.remedy ?? ''),
        });
      case 'activation.returned':
        return put(event, { topic: 'run', mark: 'note', text: `The worker left: ${cleanLine(body.reason)}` });
      case 'activation.ended':
        if (body.until?.kind === 'time')
          put(event, { topic: 'run', mark: 'note', text: `Sleeps until ${body.until.at}` });
        return;
      case 'guidance.read':
        return put(event, {
          topic: 'run',
          mark: 'note',
          text: 'The agent is given what the repository says to agents',
          detail: cleanLine(body.files.map(({ path, sha256 }) => `${path} (sha256 ${sha256.slice(0, 12)})`).join(', ')),
        });
      case 'prepare.finished':
        return put(event, { topic: 'run', mark: 'note', text: 'The workspace is ready' });
      case 'setup.finished':
        return command(event, 'setup', body);
      case 'checkpoint.saved':
        if (body.left.length > 0)
          put(event, {
            topic: 'run',
            mark: 'warning',
            text: 'Too large to be brought back after a loss',
            detail: cleanLine(body.left.join(', ')),
          });
        return;
      case 'workspace.rebuilt':
        return put(event, {
          topic: 'run',
          mark: body.failedSetup.length === 0 ? 'note' : 'warning',
          text: 'The tree was made anew',
          detail: `${duration(body.durationMs)}${body.failedSetup.length === 0 ? '' : ` · ${plural(body.failedSetup.length, 'setup command')} failed there`}`,
        });
      case 'verification.setup.finished':
      case 'verification.finished':
        return command(event, 'verification', body);
      case 'model.failed':
        return put(event, {
          topic: 'retry',
          mark: 'warning',
          text: `Model call failed: ${cleanLine(body.trouble.message)}`,
          detail: body.retryAt === null ? 'a person is asked' : `again at ${body.retryAt.slice(11, 19)} UTC`,
        });
      case 'model.lost':
        return put(event, {
          topic: 'retry',
          mark: 'warning',
          text: 'A model call was lost in flight',
          detail: 'its cost is unknown',
        });
      case 'turn.taken':
        return spoken(event, body);
      case 'context.compacted':
        return put(event, {
          topic: 'model',
          mark: 'note',
          text: `Earlier turns were summarised, through turn ${body.through}`,
          parts: [{ label: 'Summary', text: clean(body.summary) }],
        });
      case 'call.judged': {
        calls += 1;
        const key = `call ${event.seq}`;
        callKeys.set(body.call, key);
        return put(event, {
          key,
          topic: 'call',
          mark: 'busy',
          text: callLine(body.tool, body.arguments),
          detail: body.verdict === 'allow' ? '' : `${body.verdict}: ${cleanLine(body.reason)}`,
          parts: [{ label: 'Arguments', text: exactArguments(body.arguments) }],
          call: { number: calls, id: body.call, tool: body.tool },
        });
      }
      case 'call.started':
        return change(callKeys.get(body.call) ?? '', ({ call, text }) => ({
          mark: 'busy',
          text: call === null ? text : callLine(call.tool, body.arguments),
          detail: body.attempt > 1 ? `attempt ${body.attempt}` : '',
          parts: [{ label: 'Arguments', text: exactArguments(body.arguments) }],
        }));
      case 'call.held':
        return change(callKeys.get(body.call) ?? '', ({ parts }) => ({
          mark: 'busy',
          detail: `it ran; what it changed needs a person's yes: ${body.paths.map((path) => cleanLine(path)).join(', ')}`,
          parts: [...parts, { label: 'Changed', text: clean(body.patch) }],
        }));
      case 'call.finished':
        return change(callKeys.get(body.call) ?? '', (moment) => finished(moment, body));
      case 'decision.requested': {
        const { request } = body;
        const { call } = request.requester;
        const earlier = call === null ? undefined : asked.get(call);
        if (earlier !== undefined)
          change(earlier, ({ mark }) =>
            mark === 'busy' || mark === 'warning' ? { mark: 'warning', detail: 'withdrawn: it was asked anew' } : {},
          );
        if (call !== null) asked.set(call, `decision ${request.id}`);
        return put(event, {
          key: `decision ${request.id}`,
          topic: 'decision',
          mark: 'busy',
          text: `Asked: ${cleanLine(request.action)}`,
          detail: 'waits',
          parts: [
            { label: 'Why', text: clean(request.reason) },
            { label: 'Exactly', text: exactArguments(request.arguments) },
            { label: 'Hash', text: request.hash },
          ],
        });
      }
      case 'decision.made':
        return change(`decision ${body.decision}`, ({ parts }) => ({
          mark: body.verdict.kind === 'rejected' ? 'bad' : 'ok',
          detail: `${verdictText(body.verdict)} by ${actor(body.by)}`,
          parts:
            body.verdict.kind === 'approved' && body.verdict.arguments !== null
              ? [...parts, { label: 'Approved instead', text: exactArguments(body.verdict.arguments) }]
              : parts,
        }));
      case 'decision.expired':
        return change(`decision ${body.decision}`, () => ({ mark: 'warning', detail: 'expired undecided' }));
      case 'decision.renewed':
        return change(`decision ${body.decision}`, () => ({
          mark: 'busy',
          detail: `asked again by ${actor(body.by)}`,
        }));
      case 'message.sent':
        return put(event, { topic: 'person', mark: 'person', ...headed(`${actor(body.by)}: `, body.text) });
      case 'report.submitted':
        return put(event, { topic: 'model', mark: 'note', ...headed('Report: ', body.report.summary) });
      case 'repair.requested':
        return put(event, {
          topic: 'run',
          mark: 'warning',
          text: `Verification failed; the agent is shown how (repair ${body.repair})`,
        });
      case 'changes.saved':
        return put(event, {
          topic: 'changes',
          mark: 'note',
          text: 'Changed so far',
          detail: `${plural(body.files, 'file')}, +${body.additions} −${body.deletions}`,
          blob: body.patch,
        });
      case 'round.finished':
        return put(event, {
          topic: 'run',
          mark: 'ok',
          text: `Round ${round} is ready for review`,
          detail: `${plural(body.files, 'file')}, +${body.additions} −${body.deletions}`,
        });
      case 'review.decided': {
        const what = { accepted: 'Accepted', rejected: 'Rejected', changes: 'Changes requested' }[body.verdict];
        put(event, {
          topic: 'person',
          mark: 'person',
          text: `${what} by ${actor(body.by)}${body.reason === '' ? '' : `: ${cleanLine(body.reason)}`}`,
          detail: body.comments.length === 0 ? '' : plural(body.comments.length, 'comment'),
          parts: body.comments.map((comment) => ({
            label: `${cleanLine(comment.path)}${comment.line === null ? '' : `:${comment.line}`}`,
            text: clean(comment.text),
          })),
        });
        if (body.verdict === 'changes') round += 1;
        return;
      }
      case 'changes.applied':
        return put(event, {
          topic: 'person',
          mark: body.conflicts > 0 ? 'warning' : 'ok',
          text: `${{ worktree: 'Applied to', branch: 'Put on branch', undo: 'Taken back from' }[body.how]} ${cleanLine(body.target)}`,
          detail: `${plural(body.files, 'file')}${body.conflicts === 0 ? '' : `, ${plural(body.conflicts, 'conflict')}`}`,
        });
      case 'run.created':
        return put(event, {
          topic: 'run',
          mark: 'note',
          text: `Delegated by ${actor(body.task.requester)}`,
          ...(body.task.recipe === null ? {} : { detail: `By the recipe ${cleanLine(body.task.recipe)}` }),
        });
      case 'run.completed':
        return put(event, { topic: 'run', mark: 'ok', text: 'Finished without changes' });
      case 'run.failed':
        return put(event, { topic: 'run', mark: 'bad', text: `Failed (${body.class}): ${cleanLine(body.message)}` });
      case 'run.cancelled':
        return put(event, {
          topic: 'run',
          mark: 'bad',
          text: `Cancelled by ${actor(body.by)}${body.reason === '' ? '' : `: ${cleanLine(body.reason)}`}`,
        });
      case 'run.resumed':
        return put(event, { topic: 'run', mark: 'note', text: `Resumed by ${actor(body.by)}` });
      case 'activation.queued':
      case 'run.paused':
      case 'prepare.started':
      case 'setup.started':
      case 'checkpoint.uploaded':
      case 'model.started':
      case 'model.accepted':
      case 'plan.updated':
      case 'verification.started':
      case 'verification.setup.started':
      case 'timer.fired':
        return;
      default:
        return unknown(body);
    }
  };

  /** What the model said, and what the turn cost. */
  const spoken = (event: RunEvent, body: Body<'turn.taken'>): void => {
    const said = body.items.flatMap((item) =>
      item.type === 'refusal' || (item.type === 'message' && item.role === 'assistant') ? [item.text] : [],
    );
    const tokens = body.usage === null ? 'tokens unknown' : `${body.usage.input} tokens in, ${body.usage.output} out`;
    const price = cost({ usd: body.cost ?? 0, unpriced: body.cost === null ? 1 : 0 });
    put(event, {
      topic: 'model',
      mark: 'model',
      ...headed(`Turn ${body.turn}${said.join('').trim() === '' ? '' : ': '}`, said.join('\n\n')),
      detail: [`${tokens} · ${price}`, ...body.oddities.map((what) => `not read: ${what}`)].join(' · '),
    });
  };

  return {
    moments,
    add,
    find,
    call: (id) => find(callKeys.get(id) ?? ''),
  };
};

/** Does not compile when an event is forgotten above; one of a newer runner is passed over. */
const unknown = (_body: never): void => undefined;

/** Characters of a text that stand in the timeline itself. */
const HEAD_CHARACTERS = 200;

/** The beginning of a text in one line, and the whole of it below where that is more. */
const headed = (before: string, text: string): Pick<Moment, 'text' | 'parts'> => {
  const whole = cleanLine(text);
  const cut = whole.length > HEAD_CHARACTERS;
  return {
    text: before + (cut ? `${whole.slice(0, HEAD_CHARACTERS)}…` : whole),
    parts: cut || text.trim().includes('\n') ? [{ label: 'Text', text: clean(text) }] : [],
  };
};

/** What a command reached, and what it was kept from. */
const hostFacts = (hosts: { readonly refusedHosts: readonly string[]; readonly reachedHosts: readonly string[] }) => [
  hosts.reachedHosts.length === 0 ? '' : `reached ${cleanLine(hosts.reachedHosts.join(', '))}`,
  hosts.refusedHosts.length === 0 ? '' : `refused to reach ${cleanLine(hosts.refusedHosts.join(', '))}`,
];

const finished = (moment: Moment, body: Body<'call.finished'>): Partial<Moment> => {
  const ok = body.outcome === 'ok' && (body.exitCode ?? 0) === 0;
  const facts = [
    body.outcome === 'ok' || body.exitCode !== null ? '' : body.outcome,
    body.exitCode === null ? '' : `exit ${body.exitCode}`,
    body.durationMs === 0 ? '' : duration(body.durationMs),
    ...hostFacts(body),
    moment.detail.startsWith('attempt') ? moment.detail : '',
  ];
  return {
    mark: ok ? 'ok' : 'bad',
    detail: facts.filter(Boolean).join(' · '),
    parts: [...moment.parts.filter(({ label }) => label !== 'Output'), { label: 'Output', text: clean(body.output) }],
    blob: body.outputBlob,
  };
};

const verdictText = (verdict: Body<'decision.made'>['verdict']): string => {
  switch (verdict.kind) {
    case 'approved':
      return verdict.arguments === null ? 'approved' : 'approved with other arguments';
    case 'rejected':
      return verdict.reason === '' ? 'rejected' : `rejected (${cleanLine(verdict.reason)})`;
    case 'answered':
      return `answered "${cleanLine(verdict.answer)}"`;
  }
};
