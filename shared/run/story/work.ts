import { callLine } from '../../policy/call-line.ts';
import { clean, cleanLine, exactArguments, shownPath, visible } from '../../text/clean.ts';
import { cost, count, duration, plural, utcSeconds } from '../../text/figures.ts';
import {
  facts,
  saying,
  silent,
  type Body,
  type CallFacts,
  type CommandFacts,
  type MomentOf,
  type Of,
  type Scene,
  type Tellers,
  type Telling,
} from './moment.ts';

/** Of the model: what it was asked, said and cost. */
const model: Tellers<Of<'model'> | Of<'turn'> | Of<'context'> | Of<'plan'> | Of<'report'> | Of<'output'>> = {
  'model.started': silent,
  'model.accepted': silent,
  'model.failed': ({ trouble: { message }, retryAt }) => ({
    mark: 'warning',
    text: `Model call failed: ${cleanLine(message)}`,
    detail: retryAt === null ? 'a person is asked' : `tries again at ${utcSeconds(retryAt)}`,
    about: { kind: 'retry', retry: { what: 'model call failed', message, retryAt } },
  }),
  'model.lost': () => ({
    mark: 'warning',
    text: 'A model call was lost in flight',
    detail: 'its cost is unknown',
    about: {
      kind: 'retry',
      retry: {
        what: 'model call lost',
        message: 'The worker died while the model was answering.',
        retryAt: null,
      },
    },
  }),
  'turn.taken': (body) => ({
    mark: 'model',
    text: `Turn ${body.turn}`,
    ...saying(spoken(body)),
    detail: facts(
      body.usage === null ? 'tokens unknown' : `${count(body.usage.input)} tokens in, ${count(body.usage.output)} out`,
      body.cost === null ? 'cost unknown' : cost(body.cost, true),
      ...body.oddities.map((what) => `the endpoint also sent ${cleanLine(what)}, which was not read`),
    ),
    about: { kind: 'turn' },
  }),
  'context.compacted': ({ through, summary }) => ({
    mark: 'note',
    text: `Earlier turns were summarised, through turn ${through}`,
    parts: [{ label: 'Summary', text: clean(summary) }],
  }),
  'plan.updated': ({ steps }) => {
    const active = steps.find(({ status }) => status === 'active');
    const done = steps.filter(({ status }) => status === 'done').length;
    return {
      mark: 'note',
      text: `Plan: ${done} of ${steps.length} done`,
      detail: active === undefined ? '' : `now: ${cleanLine(active.text)}`,
      about: { kind: 'plan' },
    };
  },
  'report.submitted': ({ report }) => ({
    mark: 'note',
    text: 'Report',
    ...saying(report.summary),
    about: { kind: 'report' },
  }),
  'output.submitted': silent,
};

/** What the model said in a turn; that it refused is said. */
const spoken = ({ items }: Body<'turn.taken'>): string =>
  items
    .flatMap((item) => {
      if (item.type === 'refusal') return [`refused: ${item.text}`];
      return item.type === 'message' && item.role === 'assistant' ? [item.text] : [];
    })
    .join('\n\n');

/** Of a tool call: one moment, from its judgement to its output. */
const calls: Tellers<Of<'call'>> = {
  'call.judged': (body, { calls: before, turn, seq }) => ({
    key: `call ${seq}`,
    mark: 'busy',
    text: callLine(body.tool, body.arguments),
    detail: body.verdict === 'allow' ? '' : `${body.verdict}: ${cleanLine(body.reason)}`,
    parts: [{ label: 'Arguments', text: exactArguments(body.arguments) }],
    about: {
      kind: 'call',
      call: {
        number: before + 1,
        id: body.call,
        turn,
        tool: body.tool,
        arguments: body.arguments,
        verdict: body.verdict,
        reason: body.reason,
        attempts: 0,
        startedAt: null,
        finished: null,
      },
    },
  }),
  'call.started': (body, { at, call }) =>
    goesOn(call(body.call), ({ about }) => ({
      mark: 'busy',
      text: callLine(about.call.tool, body.arguments),
      detail: body.attempt > 1 ? `attempt ${body.attempt}` : '',
      parts: [{ label: 'Arguments', text: exactArguments(body.arguments) }],
      about: {
        kind: 'call',
        call: { ...about.call, arguments: body.arguments, attempts: body.attempt, startedAt: at },
      },
    })),
  'call.held': (body, { call }) =>
    goesOn(call(body.call), ({ parts }) => ({
      mark: 'warning',
      detail: `it ran; what it changed needs a person's yes: ${some(body.paths)}`,
      parts: [...parts, { label: 'Changed', text: visible(body.patch) }],
    })),
  'call.finished': (body, { call }) =>
    goesOn(call(body.call), ({ parts, about }) => {
      const { outcome, output, outputBlob, exitCode, durationMs, refusedHosts, reachedHosts } = body;
      const finished = { outcome, output, outputBlob, exitCode, durationMs, refusedHosts, reachedHosts };
      return {
        mark: outcome === 'ok' && (exitCode ?? 0) === 0 ? 'ok' : 'bad',
        detail: facts(
          howItFailed(finished),
          exitCode === null ? '' : `exit ${exitCode}`,
          durationMs === 0 ? '' : duration(durationMs),
          ...hosts(finished),
          about.call.attempts > 1 ? `attempt ${about.call.attempts}` : '',
        ),
        parts: [...parts, { label: 'Output', text: clean(output) }],
        blob: outputBlob,
        about: { kind: 'call', call: { ...about.call, finished } },
      };
    }),
};

/** Calls whose worker is gone are at nothing, until they are started again or concluded. */
export const interrupted = ({ unfinished }: Pick<Scene, 'unfinished'>): readonly Telling[] =>
  unfinished()
    .filter(({ about }) => about.call.startedAt !== null)
    .map((moment) => ({ ...moment, mark: 'warning', detail: facts('interrupted', moment.detail) }));

/** Of a run that is over nothing is under way. */
export const leftUndone = (scene: Pick<Scene, 'unfinished'>): readonly Telling[] => [
  ...interrupted(scene),
  ...scene
    .unfinished()
    .filter(({ about }) => about.call.startedAt === null)
    .map((moment): Telling => ({ ...moment, mark: 'note', detail: facts('not run', moment.detail) })),
];

/** An earlier moment with what has become of it; none, where it is not in the log. */
const goesOn = (
  moment: MomentOf<'call'> | undefined,
  change: (moment: MomentOf<'call'>) => Partial<Telling>,
): readonly Telling[] => (moment === undefined ? [] : [{ ...moment, ...change(moment) }]);

/** Of several paths, so many are named in a line. */
const shownPaths = 3;

const some = (paths: readonly string[]): string => {
  const more = paths.length > shownPaths ? ` and ${paths.length - shownPaths} more` : '';
  return `${paths.slice(0, shownPaths).map(shownPath).join(', ')}${more}`;
};

/** Characters of an error that stand in a line. */
const errorCharacters = 100;

/** A command's exit code says that it failed; of everything else the first line of its output says how. */
const howItFailed = ({ outcome, output, exitCode }: NonNullable<CallFacts['finished']>): string => {
  if (outcome === 'ok' || exitCode !== null) return '';
  const first = cleanLine(output.split('\n', 1)[0] ?? '');
  const cut = first.length > errorCharacters ? `${first.slice(0, errorCharacters)}…` : first;
  return outcome === 'error' && cut !== '' ? `error: ${cut}` : outcome;
};

/** What a command reached, and what it was kept from. */
const hosts = (of: Pick<CommandFacts, 'refusedHosts' | 'reachedHosts'>): readonly string[] => [
  of.reachedHosts.length === 0 ? '' : `reached ${cleanLine(of.reachedHosts.join(', '))}`,
  of.refusedHosts.length === 0 ? '' : `refused to reach ${cleanLine(of.refusedHosts.join(', '))}`,
];

/** Of the commands that Longhaul runs itself. */
const commands: Tellers<Of<'setup'> | Of<'verification'>> = {
  'setup.started': silent,
  'setup.finished': (body) => command('setup', body),
  'verification.started': silent,
  'verification.setup.started': silent,
  'verification.setup.finished': (body) =>
    command(body.on === 'base' ? 'setup on the base' : 'setup on the result', body),
  'verification.finished': (body) => command('verification', body),
  'verification.counted': (body) => ({
    mark: body.run === 0 ? 'warning' : 'note',
    text: `${cleanLine(body.command)} ran ${countedText(body)}`,
  }),
};

/** `12 of 14 changed lines`, `none of 3 changed lines`, `1 changed line`. */
const countedText = ({ run, missed }: Pick<Body<'verification.counted'>, 'run' | 'missed'>): string => {
  const lines = plural(run + missed, 'changed line');
  if (missed === 0) return lines;
  return `${run === 0 ? 'none' : run} of ${lines}`;
};

const command = (phase: CommandFacts['phase'], body: Omit<CommandFacts, 'phase'>): Telling => {
  const { index, command: line, outcome, exitCode, durationMs, output, outputBlob, refusedHosts, reachedHosts } = body;
  return {
    mark: outcome === 'exited' && exitCode === 0 ? 'ok' : 'bad',
    text: `${phase}: ${cleanLine(line)}`,
    detail: facts(
      outcome === 'exited' ? `exit ${exitCode}` : outcome,
      duration(durationMs),
      ...hosts({ refusedHosts, reachedHosts }),
    ),
    parts: [{ label: 'Output', text: clean(output) }],
    blob: outputBlob,
    about: {
      kind: 'command',
      command: {
        phase,
        index,
        command: line,
        outcome,
        exitCode,
        durationMs,
        output,
        outputBlob,
        refusedHosts,
        reachedHosts,
      },
    },
  };
};

export const work = { ...model, ...calls, ...commands };
