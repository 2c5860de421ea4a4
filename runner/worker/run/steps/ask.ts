import { createHash } from 'node:crypto';
import { decisionSubject, type DecisionRequest } from '../../../../shared/decision/decision.ts';
import { boundTree } from '../../../../shared/run/append-rules.ts';
import type { WorkerEvent } from '../../../../shared/run/events.ts';
import {
  aboutBudget,
  aboutCall,
  aboutChanges,
  aboutInterrupted,
  aboutModel,
  aboutPreparing,
  aboutSetup,
  aboutStuck,
  type DecisionDraft,
} from '../../agent/judge.ts';
import type { Question } from '../next/next-step.ts';
import type { StepContext } from '../ports/ports.ts';

/** Puts Longhaul's own question to a person. */
export const ask = (context: StepContext, question: Question): readonly WorkerEvent[] => [
  { type: 'decision.requested', v: 3, request: seal(context, draft(context, question)) },
];

const draft = ({ state, events }: StepContext, question: Question): DecisionDraft => {
  switch (question.about) {
    case 'budget':
      return aboutBudget(
        question.exceeded,
        state.spent,
        state.turn?.phase === 'failed' ? state.turn.trouble.message : null,
      );
    case 'model':
      return aboutModel(question.message, question.refusal);
    case 'call':
      return aboutCall(question.call, question.again);
    case 'changes':
      return aboutChanges(question.call, events);
    case 'preparing':
      return aboutPreparing(question.losses);
    case 'interrupted':
      return aboutInterrupted(question.call);
    case 'setup':
      return aboutSetup(question.changed, state.task.verification.length);
    case 'stuck':
      return aboutStuck(question.sign, question.count);
  }
};

/** Gives a draft its id, its expiry and the hash that binds the decision to what it says and to the tree that it is about. */
export const seal = ({ state, ports }: StepContext, draft: DecisionDraft): DecisionRequest => {
  // Hashed as it will be on record: without secrets. safe: redaction changes nothing but characters within strings
  const { call, ...clean } = JSON.parse(ports.redact(JSON.stringify(draft))) as DecisionDraft;
  const request = {
    ...clean,
    id: ports.newDecisionId(),
    requester: { turn: state.turn?.number ?? 0, call },
    tree: boundTree(state, clean.kind, call),
    expiresAt: new Date(ports.clock.now() + state.task.decisionHours * 3_600_000).toISOString(),
  };
  return { ...request, hash: createHash('sha256').update(decisionSubject(state.id, request)).digest('hex') };
};
