import { askedAbout, finished, held, judged, started } from './call.ts';
import type { EventBody } from './events.ts';
import { effected } from './reduce-effects.ts';
import {
  decide,
  mapCall,
  withDecision,
  withoutDecisions,
  withoutPublishing,
  everyStanding,
  type Change,
} from './reduce-decisions.ts';
import { beginning, gotOn, modelFailed, modelLost, modelStarted, ran, spend, turnTaken } from './reduce-work.ts';
import type { CommandRecord, PreparedTree, RoundResult, RunState } from './state.ts';

type Body<Type extends EventBody['type']> = Extract<EventBody, { type: Type }>;

/** The events after which a run may be in another status. */
type StatusEvent =
  | 'run.created'
  | 'activation.queued'
  | 'activation.deferred'
  | 'activation.awaited'
  | 'activation.leased'
  | 'activation.lost'
  | 'activation.returned'
  | 'activation.ended'
  | 'round.finished'
  | 'timer.fired'
  | 'review.decided'
  | 'pause.requested'
  | 'pause.ended'
  | 'run.paused'
  | 'run.resumed'
  | 'run.archived'
  | 'run.unarchived'
  | 'run.completed'
  | 'run.failed'
  | 'run.cancelled';
export type FactEvent = Exclude<EventBody, { type: StatusEvent }>;

/** What an event that leaves a run's status as it is changes of its facts. */
export const factsAfter = (state: RunState, body: FactEvent, at: string): Change => {
  switch (body.type) {
    case 'call.judged':
    case 'call.started':
    case 'call.held':
    case 'call.finished':
      return ofCall(state, body);
    case 'decision.requested':
    case 'decision.made':
    case 'decision.expired':
    case 'decision.renewed':
      return ofDecision(state, body);
    case 'report.submitted':
    case 'output.submitted':
    case 'verification.started':
    case 'verification.setup.started':
    case 'verification.setup.finished':
    case 'verification.finished':
    case 'verification.counted':
    case 'repair.requested':
      return ofVerification(state, body);
    case 'model.started':
    case 'model.accepted':
    case 'model.failed':
    case 'model.lost':
    case 'turn.taken':
    case 'context.compacted':
    case 'plan.updated':
    case 'message.sent':
      return ofModel(state, body, at);
    case 'prepare.started':
    case 'prepare.finished':
    case 'base.moved':
    case 'base.merged':
    case 'setup.started':
    case 'setup.finished':
    case 'checkpoint.saved':
    case 'checkpoint.uploaded':
    case 'changes.saved':
      return ofTree(state, body);
    case 'effect.requested':
    case 'effect.delayed':
    case 'effect.done':
    case 'effect.failed':
    case 'effect.seen':
    case 'effect.unseen':
      return effected(state, body, at);
    case 'guidance.read':
    case 'workspace.rebuilt':
    case 'changes.applied':
    case 'run.deleted':
      return {};
    default:
      return unknown(body);
  }
};

/** Does not compile when an event is forgotten above; an event of a newer version leaves the state as it is. */
const unknown = (_body: never): Change => ({});

/** A call of the turn at hand. */
const ofCall = (
  state: RunState,
  body: Body<'call.judged' | 'call.started' | 'call.held' | 'call.finished'>,
): Change => {
  switch (body.type) {
    case 'call.judged':
      return { turn: mapCall(state, body.call, (call) => judged(call, body)) };
    case 'call.started':
      return { turn: mapCall(state, body.call, (call) => started(call, body)) };
    case 'call.held':
      return { turn: mapCall(state, body.call, (call) => held(call, body)), losses: 0 };
    case 'call.finished': {
      const again = state.repetition?.fingerprint === body.fingerprint;
      return {
        turn: mapCall(state, body.call, finished),
        ...(body.checkpoint === null ? {} : inTree(state, { head: body.checkpoint, saved: null })),
        decisions: withoutDecisions(state, (open) => open.request.requester.call === body.call),
        repetition: { fingerprint: body.fingerprint, count: again ? (state.repetition?.count ?? 0) + 1 : 1 },
        spent: ran(state.spent, body),
        losses: 0,
      };
    }
  }
};

/** A question to a person. */
const ofDecision = (
  state: RunState,
  body: Body<'decision.requested' | 'decision.made' | 'decision.expired' | 'decision.renewed'>,
): Change => {
  switch (body.type) {
    case 'decision.requested': {
      const { request } = body;
      const { call } = request.requester;
      // One is asked at a time.
      const before = request.kind === 'publish' ? { ...state, ...withoutPublishing(state, everyStanding) } : state;
      if (call === null)
        return {
          decisions: withDecision(before, { status: 'pending', request }),
          // It stands between two attempts of a verification command: neither of them ended its worker.
          ...(request.kind === 'setup' ? { underWay: null } : {}),
        };
      // What was asked about it before was about another tree or another attempt.
      const others = withoutDecisions(state, (open) => open.request.requester.call === call);
      return {
        decisions: { ...others, [request.id]: { status: 'pending', request } },
        turn: mapCall(state, call, (asked) => askedAbout(asked, request)),
      };
    }
    case 'decision.made':
      return decide(state, body);
    case 'decision.expired': {
      const open = state.decisions[body.decision];
      return open?.status === 'pending' ? { decisions: withDecision(state, { ...open, status: 'expired' }) } : {};
    }
    case 'decision.renewed': {
      const open = state.decisions[body.decision];
      if (open === undefined || open.status === 'decided') return {};
      return {
        decisions: withDecision(state, { status: 'pending', request: { ...open.request, expiresAt: body.expiresAt } }),
      };
    }
  }
};

/** What the agent reports, and what shows whether it is so. */
const ofVerification = (
  state: RunState,
  body: Body<
    | 'report.submitted'
    | 'output.submitted'
    | 'verification.started'
    | 'verification.setup.started'
    | 'verification.setup.finished'
    | 'verification.finished'
    | 'verification.counted'
    | 'repair.requested'
  >,
): Change => {
  switch (body.type) {
    case 'report.submitted':
      return { report: body.report, output: null };
    case 'output.submitted':
      return { output: body.output };
    case 'verification.started':
      return beginning(state, 'verification', body.index);
    case 'verification.setup.started': {
      const { newSetup } = state;
      if (body.on === 'base' || body.network.length === 0 || newSetup === null) return {};
      return {
        newSetup: { ...newSetup, begun: [...newSetup.begun, { verification: body.verification, index: body.index }] },
      };
    }
    case 'verification.setup.finished':
      return { losses: 0, spent: ran(state.spent, body) };
    case 'verification.finished':
      return {
        underWay: null,
        verification: [...state.verification, { ...record(body), coverage: null }],
        losses: 0,
        spent: ran(state.spent, body),
      };
    case 'verification.counted':
      return {
        verification: state.verification.map((one) =>
          one.index === body.index ? { ...one, coverage: body.blob } : one,
        ),
      };
    case 'repair.requested':
      return { repairs: body.repair, report: null, output: null, verification: [] };
  }
};

/** The conversation with the model. */
const ofModel = (
  state: RunState,
  body: Body<
    | 'model.started'
    | 'model.accepted'
    | 'model.failed'
    | 'model.lost'
    | 'turn.taken'
    | 'context.compacted'
    | 'plan.updated'
    | 'message.sent'
  >,
  at: string,
): Change => {
  switch (body.type) {
    case 'model.started':
      return modelStarted(state, body);
    case 'model.accepted':
      return state.turn?.phase === 'asking' ? { turn: { ...state.turn, responseId: body.responseId } } : {};
    case 'model.failed':
      return modelFailed(state, body);
    case 'model.lost':
      return modelLost(state, body, at);
    case 'turn.taken':
      return turnTaken(state, body);
    case 'context.compacted':
      return {
        compactedThrough: body.through,
        contextTokens: null,
        losses: 0,
        turn: state.turn === null ? null : { phase: 'taken', number: state.turn.number - 1, calls: [], refusal: null },
        spent: gotOn(spend(state.spent, body.usage, body.cost)),
      };
    case 'plan.updated':
      return { plan: body.steps };
    case 'message.sent':
      return { unheard: state.unheard + 1, repetition: null, idleTurns: 0 };
  }
};

/** The workspace, and the setup in it. */
const ofTree = (
  state: RunState,
  body: Body<
    | 'prepare.started'
    | 'prepare.finished'
    | 'base.moved'
    | 'base.merged'
    | 'setup.started'
    | 'setup.finished'
    | 'checkpoint.saved'
    | 'checkpoint.uploaded'
    | 'changes.saved'
  >,
): Change => {
  switch (body.type) {
    case 'prepare.started':
      return beginning(state, 'prepare', 0);
    case 'prepare.finished':
      return {
        underWay: null,
        tree: { status: 'prepared', origin: body.base, base: body.base, head: body.base, saved: null, bundles: [] },
        losses: 0,
      };
    case 'base.moved': {
      const { tree, merge } = state;
      if (tree.status === 'unprepared' || merge === null) return {};
      return {
        ...inTree(state, { base: body.base, head: body.base, saved: null }),
        merge: { ...merge, step: 'moved', from: tree.base, ours: tree.head },
        setup: [],
        losses: 0,
      };
    }
    case 'base.merged': {
      const { merge } = state;
      if (merge === null) return {};
      const { remote, branch, commit } = merge;
      return {
        ...inTree(state, { head: body.checkpoint, saved: null }),
        merge: { remote, branch, commit, step: 'done' },
        losses: 0,
      };
    }
    case 'setup.started':
      return beginning(state, 'setup', body.index);
    case 'setup.finished':
      return {
        underWay: null,
        setup: [...state.setup, record(body)],
        losses: 0,
        spent: ran(state.spent, body),
      };
    case 'checkpoint.saved':
      return inTree(state, { saved: body.checkpoint });
    case 'checkpoint.uploaded': {
      const { tree } = state;
      if (tree.status === 'unprepared') return {};
      const { checkpoint, since, blob } = body;
      // One that leads there from the origin makes those before it needless.
      const before = since.commit === tree.origin.commit ? [] : tree.bundles;
      return inTree(state, { bundles: [...before, { checkpoint, since, blob }] });
    }
    case 'changes.saved':
      return { soFar: saved(body) };
  }
};

const inTree = ({ tree }: RunState, change: Partial<Omit<PreparedTree, 'status'>>): Change => ({
  tree: tree.status === 'prepared' ? { ...tree, ...change } : tree,
});

const record = ({ index, command, outcome, exitCode, durationMs }: CommandRecord): CommandRecord => ({
  index,
  command,
  outcome,
  exitCode,
  durationMs,
});

export const saved = ({ head, changes, patch, files, additions, deletions }: RoundResult): RoundResult => ({
  head,
  changes,
  patch,
  files,
  additions,
  deletions,
});
