import type { DecisionRequest } from '../../../shared/decision/decision.ts';

/** What the two answers to a question are called, and what the second one does. */
export interface Verbs {
  readonly yes: string;
  readonly no: string;
  /** What `no` comes to, and who reads why. */
  readonly noMeans: string;
}

const stopsHere = 'Work stops here; what there is is verified and handed over for review. Why? It goes on record.';

/** A question of each kind is answered by what it is about; only a call is approved as such. */
export const verbsOf = ({ kind, requester }: Pick<DecisionRequest, 'kind' | 'requester'>): Verbs => {
  switch (kind) {
    case 'call':
      return { yes: 'Approve', no: 'Reject', noMeans: 'Why? The agent reads it and goes on from there.' };
    case 'changes':
      return {
        yes: 'Keep Changes',
        no: 'Take Back',
        noMeans: 'The workspace is taken back to before the call. Why? The agent reads it and goes on from there.',
      };
    case 'budget':
      return { yes: 'Raise Limit', no: 'Stop Here', noMeans: stopsHere };
    case 'setup':
      return {
        yes: 'Run Setup',
        no: 'Leave Out',
        noMeans: 'Verification runs with the setup of the base, and says so. Why? It goes on record.',
      };
    case 'retry':
      return requester.call === null
        ? {
            yes: 'Try Again',
            no: 'Give Up',
            noMeans: 'The run ends as failed, and can be resumed from its last checkpoint. Why? It goes on record.',
          }
        : {
            yes: 'Run Once More',
            no: 'Leave It',
            noMeans: 'The agent is told that the call was interrupted, and goes on. Why? It reads that, too.',
          };
    case 'question':
      return requester.call === null
        ? { yes: 'Answer', no: 'Stop Here', noMeans: stopsHere }
        : {
            yes: 'Answer',
            no: 'Reject',
            noMeans: 'Why is it not answered? The agent reads it and goes on from there.',
          };
  }
};
