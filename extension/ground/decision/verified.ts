import { createHash } from 'node:crypto';
import { decisionSubject } from '../../../shared/decision/decision.ts';
import type { DecisionSummary } from '../../../shared/run/summary.ts';

/** Hex SHA-256 of what this window shows. What is decided is bound to it. */
export const shownHash = ({ run, request }: Pick<DecisionSummary, 'run' | 'request'>): string =>
  createHash('sha256').update(decisionSubject(run, request)).digest('hex');

/** False: the question says one thing and its hash another. Nobody may decide on that. */
export const isWhole = (summary: Pick<DecisionSummary, 'run' | 'request'>): boolean =>
  shownHash(summary) === summary.request.hash;
