import { createHash } from 'node:crypto';
import { decisionSubject } from '../../shared/decision/decision.ts';
import type { DecisionSummary } from '../../shared/run/summary.ts';
import type { Paint } from './paint.ts';

/** Hex SHA-256 of what is shown: computed here, so that no runner can have one thing shown and another approved. */
export const decisionHash = ({ run, request }: DecisionSummary): string =>
  createHash('sha256').update(decisionSubject(run, request)).digest('hex');

/** A line of warning where what is shown is not what the hash names. */
export const hashWarning = (decision: DecisionSummary, paint: Paint): readonly string[] =>
  decisionHash(decision) === decision.request.hash
    ? []
    : [`  ${paint.red('Its hash does not match what is shown: do not decide it.')}`];
