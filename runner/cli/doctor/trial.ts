import type { ModelItem } from '../../../shared/run/model-item.ts';
import { ToolName, type ToolArguments } from '../../../shared/tool/arguments.ts';
import { defaultPolicy } from '../../../shared/policy/default.ts';
import type { EndpointModel } from '../../worker/models/endpoint-model.ts';
import type { ModelOutcome } from '../../worker/models/model.ts';
import type { Switches } from '../../worker/models/switches.ts';
import { toolSpecs } from '../../worker/tools/index.ts';

export type Answer = Extract<ModelOutcome, { kind: 'completed' }>;
type Refusal = Extract<ModelOutcome, { kind: 'failed' }>['failure'];

/** One real turn: the calls that the model was asked for, and what came. `not tried`: what came before made it pointless. */
export interface Turn {
  readonly asked: readonly ToolName[];
  readonly got:
    | { readonly kind: 'answer'; readonly answer: Answer }
    | { readonly kind: 'failed'; readonly failure: Refusal }
    | { readonly kind: 'not tried' };
}

export interface Trial {
  readonly turns: readonly Turn[];
  /** As they were when the trial began, and when it ended. */
  readonly before: Switches;
  readonly after: Switches;
}

export interface TrialOptions {
  /** The adapter with these switches off besides those that the settings have off. */
  readonly open: (off: readonly (keyof Switches)[]) => EndpointModel;
  readonly signal: AbortSignal;
  /** Told before each turn. */
  readonly onTurn: (asked: readonly ToolName[]) => void;
  /** Ends early when the signal fires. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** What the model is asked to call each tool with: quotes, line ends and letters beyond ASCII have to come through. */
const samples: { readonly [Name in ToolName]: ToolArguments<Name> } = {
  read: { path: 'README.md', from: 1, lines: null },
  search: { pattern: 'caf\u00e9|"na\\s+me"', path: null, glob: '*.md' },
  list: { path: null, depth: 2 },
  edit: { path: 'README.md', old: 'say "yes"', new: "say 'no'" },
  write: { path: 'notes/menu.txt', content: 'caf\u00e9\n\t2 \u20ac\n' },
  bash: { command: 'grep -c "a b" README.md && echo \'done\'', timeoutSeconds: 20, network: null },
  apply_patch: { patch: '*** Begin Patch\n*** Add File: a.txt\n+first\n*** End Patch' },
  plan: { steps: [{ text: 'Look around', status: 'active' }] },
  ask: { question: 'Which one?', choices: ['this', 'that'] },
  finish: { summary: 'Tried out.', claims: [] },
};

const instructions =
  'You are being tried out for work with tools. Each message names tools and their arguments. Answer with exactly those calls and nothing else.';

const question = (asked: readonly ToolName[]): string =>
  [
    asked.length === 1 ? 'Call this tool once:' : 'Call these tools, all of them in one answer, at the same time:',
    ...asked.map((name) => `${name} ${JSON.stringify(samples[name])}`),
  ].join('\n');

/** Every tool by itself, then two at once. */
const plan: readonly (readonly ToolName[])[] = [...ToolName.options.map((name) => [name]), ['read', 'list']];

/** An answer that is asked for once more when the endpoint says "later", or has just named what it does not know. */
const mostTries = 10;
const longestWait = 60_000;
/** What an endpoint may answer to a part of the request that it does not know, without naming it. */
const mayBeASwitch = ['bad_request', 'server', 'protocol'];

/**
 * Has the model call every tool in one conversation, so that what a turn brought goes back with the next. Changes nothing anywhere; the calls
 * are not run. An aborted trial ends with turns that were not tried.
 */
export const tryModel = async (options: TrialOptions): Promise<Trial> => {
  let model = options.open([]);
  const before = model.switches();
  const conversation: ModelItem[] = [];
  const turns: Turn[] = [];
  let over = false;
  let searched = false;
  for (const asked of plan) {
    if (over || options.signal.aborted) {
      turns.push({ asked, got: { kind: 'not tried' } });
      continue;
    }
    options.onTurn(asked);
    const items: readonly ModelItem[] = [...conversation, { type: 'message', role: 'user', text: question(asked) }];
    let outcome = await insist(model, items, options);
    if (outcome.kind === 'failed' && !searched && mayBeASwitch.includes(outcome.failure.code)) {
      searched = true;
      const found = await without(model.switches(), items, options);
      if (found !== null) [model, outcome] = found;
    }
    if (outcome.kind === 'completed') {
      conversation.splice(0, conversation.length, ...items, ...outcome.items, ...outputsFor(outcome));
      turns.push({ asked, got: { kind: 'answer', answer: outcome } });
      continue;
    }
    over = true;
    turns.push({
      asked,
      got: outcome.kind === 'failed' ? { kind: 'failed', failure: outcome.failure } : { kind: 'not tried' },
    });
  }
  return { turns, before, after: model.switches() };
};

const outputsFor = ({ items }: Answer): readonly ModelItem[] =>
  items.flatMap((item) =>
    item.type === 'call' ? [{ type: 'output', call: item.call, output: 'Done.' } as const] : [],
  );

const insist = async (
  model: EndpointModel,
  items: readonly ModelItem[],
  { signal, sleep }: Pick<TrialOptions, 'signal' | 'sleep'>,
): Promise<ModelOutcome> => {
  for (let tries = 1; ; tries += 1) {
    const request = { instructions, items, tools: toolSpecs(defaultPolicy), idempotencyKey: crypto.randomUUID() };
    const outcome = await model.respond(request, { signal });
    if (outcome.kind !== 'failed' || !outcome.failure.retryable || tries === mostTries) return outcome;
    const { code, retryAfterMs } = outcome.failure;
    // What the endpoint refused by name is left out of the next request; that is not the endpoint's trouble.
    const adapted = code === 'bad_request' && retryAfterMs === 0;
    if (!adapted && (tries > 3 || (retryAfterMs ?? 0) > longestWait)) return outcome;
    if (!adapted) await sleep(retryAfterMs ?? 500 * 2 ** tries, signal);
  }
};

/** Which part of the request an endpoint does not know that only says "no": each alone is left out, then all of them. */
const without = async (
  known: Switches,
  items: readonly ModelItem[],
  options: TrialOptions,
): Promise<readonly [EndpointModel, ModelOutcome] | null> => {
  const off = namesOf(known, false);
  const on = namesOf(known, true);
  for (const more of [...on.map((name) => [name]), on]) {
    const model = options.open([...off, ...more]);
    const outcome = await model.respond(
      { instructions, items, tools: toolSpecs(defaultPolicy), idempotencyKey: crypto.randomUUID() },
      { signal: options.signal },
    );
    if (outcome.kind !== 'failed') return [model, outcome];
  }
  return null;
};

export const namesOf = (switches: Switches, value: boolean): readonly (keyof Switches)[] =>
  // safe: the keys of a Switches are its own names
  (Object.keys(switches) as (keyof Switches)[]).filter((name) => switches[name] === value);
