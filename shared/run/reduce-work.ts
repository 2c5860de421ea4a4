import type { Spent } from './budget.ts';
import { interrupted, mostLosses, type Call } from './call.ts';
import type { EventBody } from './events.ts';
import type { ModelItem, Usage } from './model-item.ts';
import { mapCalls, type Change } from './reduce-decisions.ts';
import type { RunState, UnderWay } from './state.ts';

type Body<Type extends EventBody['type']> = Extract<EventBody, { type: Type }>;

export const spend = (spent: Spent, usage: Usage | null, cost: number | null): Spent => ({
  ...spent,
  inputTokens: spent.inputTokens + (usage?.input ?? 0),
  outputTokens: spent.outputTokens + (usage?.output ?? 0),
  usd: spent.usd + (cost ?? 0),
  unpriced: spent.unpriced + (cost === null ? 1 : 0),
});

export const retried = (spent: Spent): Spent => ({
  ...spent,
  retries: spent.retries + 1,
  inVain: spent.inVain + 1,
});

/** Something came of what was tried: what went wrong before it is nothing that the next trouble is added to. */
export const gotOn = (spent: Spent): Spent => ({ ...spent, inVain: 0 });

/** What nobody is at any more, since the activation that was is over. `lost`: its worker died; else it was told to stop. */
export const abandoned = (state: RunState, lost: boolean): Change => {
  const { underWay } = state;
  const more = lost ? 1 : 0;
  const turn = mapCalls(state, (call) => interrupted(call, lost));
  return {
    turn: turn?.phase === 'asking' ? { ...turn, losses: turn.losses + more } : turn,
    underWay: underWay?.running ? { ...underWay, running: false, losses: underWay.losses + more } : underWay,
  };
};

/** The same step once more keeps the count of its losses. */
export const beginning = ({ underWay }: RunState, step: UnderWay['step'], index: number): Change => ({
  underWay: {
    step,
    index,
    running: true,
    losses: underWay?.step === step && underWay.index === index ? underWay.losses : 0,
  },
});

/** What a command or a call took that has come to its end. */
export const ran = (spent: Spent, { durationMs }: { readonly durationMs: number }): Spent =>
  gotOn({ ...spent, toolMs: spent.toolMs + durationMs });

const wished = (items: readonly ModelItem[]): readonly Call[] =>
  items.flatMap((item): Call[] =>
    item.type === 'call' ? [{ status: 'asked', id: item.call, tool: item.name, arguments: item.arguments }] : [],
  );

/** How often the worker was lost while the model was asked for this turn. */
const lossesOf = ({ turn }: RunState, number: number): number =>
  turn !== null && turn.phase !== 'taken' && turn.number === number ? turn.losses : 0;

const hearsOf = ({ turn }: RunState): number => (turn === null || turn.phase === 'taken' ? 0 : turn.hears);

const refusalOf = (items: readonly ModelItem[]): string | null => {
  const refusal = items.find((item) => item.type === 'refusal');
  return refusal?.type === 'refusal' ? refusal.text : null;
};

export const modelStarted = (state: RunState, { turn, attempt, purpose }: Body<'model.started'>): Change => ({
  turn: {
    phase: 'asking',
    number: turn,
    attempt,
    purpose,
    responseId: null,
    hears: purpose === 'turn' ? state.unheard : 0,
    losses: lossesOf(state, turn),
  },
});

export const modelFailed = (state: RunState, body: Body<'model.failed'>): Change => ({
  turn: {
    phase: 'failed',
    number: body.turn,
    attempt: body.attempt,
    purpose: state.turn?.phase === 'asking' ? state.turn.purpose : 'turn',
    trouble: body.trouble,
    retryAt: body.retryAt,
    responseId: body.resume,
    hears: hearsOf(state),
    losses: lossesOf(state, body.turn),
  },
  spent: retried(spend(state.spent, body.usage, body.cost)),
  losses: 0,
});

export const modelLost = (state: RunState, body: Body<'model.lost'>, at: string): Change => {
  const losses = lossesOf(state, body.turn);
  const again = losses < mostLosses;
  const times = again ? '' : ` ${losses} times`;
  return {
    turn: {
      phase: 'failed',
      number: body.turn,
      attempt: body.attempt,
      // What ended its worker twice is not asked a third time unless a person says so.
      retryAt: again ? at : null,
      responseId: null,
      hears: 0,
      losses,
      purpose: state.turn?.phase === 'asking' ? state.turn.purpose : 'turn',
      trouble: {
        code: 'lost',
        message: `The worker died${times} while the model was answering.`,
        retryable: again,
        status: null,
      },
    },
    spent: retried(spend(state.spent, null, null)),
  };
};

export const turnTaken = (state: RunState, { turn, model, items, usage, cost }: Body<'turn.taken'>): Change => ({
  model,
  turn: { phase: 'taken', number: turn, calls: wished(items), refusal: refusalOf(items) },
  underWay: null,
  unheard: Math.max(0, state.unheard - hearsOf(state)),
  // A report that the agent was asked after is void, with what verified it and what was repaired of it.
  report: null,
  output: null,
  verification: [],
  repairs: state.report === null ? state.repairs : 0,
  contextTokens: usage?.input ?? state.contextTokens,
  spent: { ...gotOn(spend(state.spent, usage, cost)), turns: state.spent.turns + 1 },
  idleTurns: items.some((item) => item.type === 'call') ? 0 : state.idleTurns + 1,
  losses: 0,
});
