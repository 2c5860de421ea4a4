import type { Json, OpenDecision } from '../../../shared/decision/decision.ts';
import { openDecisions, type RunState } from '../../../shared/run/state.ts';
import type { Client } from '../../harness/rig.ts';

/** What a person does about a run as it is; null: they have nothing to do. May be done again: who serves refuses what is done. */
export type Deed = (api: Client, signal: AbortSignal) => Promise<unknown>;

/** Says yes to all, once with another argument; has comments on the first round, and accepts the second. */
export const deedFor = (state: RunState): Deed | null => {
  if (state.status === 'reviewing') return review(state);
  const asked = openDecisions(state).find(({ status }) => status === 'pending');
  return asked === undefined ? null : decide(state.id, asked);
};

const review =
  ({ id, round }: RunState): Deed =>
  (api, signal) =>
    round === 1
      ? api.runs.review.mutate(
          {
            run: id,
            round,
            verdict: 'changes',
            reason: 'There is one more to send.',
            comments: [{ path: 'journal.txt', line: 1, text: 'And it wants another line.' }],
          },
          { signal },
        )
      : api.runs.review.mutate({ run: id, round, verdict: 'accepted' }, { signal });

const decide =
  (run: string, { request }: OpenDecision): Deed =>
  (api, signal) => {
    const made = { run, decision: request.id, hash: request.hash };
    return request.kind === 'question'
      ? api.decisions.decide.mutate({ ...made, verdict: { kind: 'answered', answer: 'Go on.' } }, { signal })
      : api.decisions.decide.mutate({ ...made, verdict: { kind: 'approved', arguments: edited(request) } }, { signal });
  };

/** What the second request is changed to, so that it itself must never come. Null: nothing is changed. */
const edited = ({ kind, arguments: args }: OpenDecision['request']): Json | null => {
  if (kind !== 'call') return null;
  const text = JSON.stringify(args);
  const other = text.replace(/\/two\b/, '/edited');
  return other === text ? null : (JSON.parse(other) as Json); // safe: it was JSON, and a word of a string is another
};

/** What a deed is refused with when its first try was done and its answer lost, or when what was asked has been taken back. */
export const wasDone = (error: unknown): boolean =>
  /was already \w+ by|no open decision|not what you were shown|is over|not in review|expired/i.test(String(error));
