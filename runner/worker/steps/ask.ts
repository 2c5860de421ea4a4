import { createHash } from 'node:crypto';
import { decisionSubject, type DecisionRequest } from '../../../shared/decision/decision.ts';
import type { WorkerEvent } from '../../../shared/run/events.ts';
import {
  aboutBudget,
  aboutCall,
  aboutInterrupted,
  aboutModel,
  aboutSetup,
  aboutStuck,
  type DecisionDraft,
} from '../agent/judge.ts';
import type { Question } from '../next.ts';
import type { StepContext } from '../ports.ts';

/** Puts Longhaul's own question to a person. */
export const ask = (context: StepContext, question: Question): readonly WorkerEvent[] => [
  {
    type: 'decision.requested',
    v: 1,
    request: seal(context, context.state.turn?.number ?? 0, draft(context, question)),
  },
];

/** The decision that a call of this turn needs before it may run. */
export const callDecision = (
  context: StepContext,
  turn: number,
  judged: Extract<WorkerEvent, { type: 'call.judged' }>,
): DecisionRequest => seal(context, turn, aboutCall(judged));

const draft = ({ state }: StepContext, question: Question): DecisionDraft => {
  switch (question.about) {
    case 'budget':
      return aboutBudget(question.exceeded, state.spent);
    case 'model':
      return aboutModel(question.message, question.refusal);
    case 'interrupted':
      return aboutInterrupted(question.call);
    case 'setup':
      return aboutSetup(question.changed, state.task.verification.length);
    case 'stuck':
      return aboutStuck(question.sign, question.count);
  }
};

/** Gives a draft its id, its expiry and the hash that binds the decision to what it says. */
const seal = ({ state, ports }: StepContext, turn: number, draft: DecisionDraft): DecisionRequest => {
  // Hashed as it will be on record: without secrets. safe: redaction changes nothing but characters within strings
  const { call, ...clean } = JSON.parse(ports.redact(JSON.stringify(draft))) as DecisionDraft;
  const request = {
    ...clean,
    id: ports.newDecisionId(),
    requester: { turn, call },
    expiresAt: new Date(ports.clock.now() + state.task.decisionHours * 3_600_000).toISOString(),
  };
  return { ...request, hash: createHash('sha256').update(decisionSubject(state.id, request)).digest('hex') };
};
