import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { under, commandFor, created, ids, someAction, wishFor, type Action } from '../../test/suites/anybody.ts';
import type { Json } from '../decision/decision.ts';
import { obey, type Obeyed } from './commands.ts';
import type { EventBody } from './events.ts';
import { headOf, type RunState } from './state.ts';

/** The lease, and a turn. */
const beginning = (['think', 'think', 'take'] as const).map((kind): Action => ({
  kind,
  call: null,
  honest: true,
  pick: 0,
}));

/** How often arguments may run with nobody asked: once more after a crash where that does no harm; -1: never, asked or not. */
const unaskedStarts = (args: Json): number => {
  const text = JSON.stringify(args);
  const limits = { allowed: 2, asked: 0, online: 1, repeatable: 2, denied: -1 } as const;
  const found = (['allowed', 'asked', 'online', 'repeatable', 'denied'] as const).find(
    (name) => JSON.stringify(wishFor(name).arguments) === text,
  );
  return found === undefined ? limits.allowed : limits[found];
};

/** What came of it, counted from the events that were accepted, and by no state of the program's. */
class Account {
  readonly problems: string[] = [];
  readonly starts = new Map<string, number>();
  readonly approvals = new Map<string, number>();
  /** The tree of the latest approval of each call. */
  readonly approvedOn = new Map<string, string | null>();
  readonly #asked = new Map<string, { readonly call: string; readonly tree: string | null }>();
  sent = 0;
  heard = 0;
  #told = 0;

  add(before: RunState, { events, state }: Extract<Obeyed, { outcome: 'done' }>): void {
    for (const body of events) {
      if (body.type === 'decision.requested')
        this.#asked.set(body.request.id, { call: body.request.requester.call ?? '', tree: body.request.tree });
      if (body.type === 'decision.made' && body.verdict.kind === 'approved') {
        const { call = '', tree = null } = this.#asked.get(body.decision) ?? {};
        this.approvals.set(call, (this.approvals.get(call) ?? 0) + 1);
        this.approvedOn.set(call, tree);
      }
      if (body.type === 'message.sent') this.sent += 1;
      if (body.type === 'model.started') this.#told = this.sent;
      if (body.type === 'turn.taken') this.heard = this.#told;
      if (body.type === 'call.started') this.#start(body, before);
    }
    if ((state.status === 'reviewing' || state.status === 'completed') && this.heard !== this.sent)
      this.problems.push(`${this.sent - this.heard} messages went unheard`);
  }

  #start({ call, arguments: args }: Extract<EventBody, { type: 'call.started' }>, state: RunState): void {
    const starts = (this.starts.get(call) ?? 0) + 1;
    this.starts.set(call, starts);
    const approvals = this.approvals.get(call) ?? 0;
    const unasked = unaskedStarts(args);
    if (starts > unasked + approvals)
      this.problems.push(`${call} was started ${starts} times and approved ${approvals} times`);
    if (unasked === 0 && this.approvedOn.get(call) !== (headOf(state)?.tree ?? null))
      this.problems.push(`${call} ran on a tree that nobody saw`);
  }
}

describe('whatever a worker says, and whoever it is', () => {
  test('no call runs that policy does not allow and nobody approved, none runs oftener than that, and no message goes unheard', () => {
    const seen = { starts: 0, approvals: 0, refusals: 0, over: 0, messages: 0 };
    fc.assert(
      fc.property(fc.nat(ids.length - 1), fc.array(someAction, { minLength: 20, maxLength: 90 }), (focus, more) => {
        const actions = [...beginning, ...more];
        let state = created();
        const account = new Account();
        for (const action of actions) {
          const obeyed = obey(state, commandFor(state, focus, action), under(1000 + state.seq));
          if (obeyed.outcome === 'refused') {
            seen.refusals += 1;
            continue;
          }
          account.add(state, obeyed);
          ({ state } = obeyed);
        }
        expect(account.problems).toEqual([]);
        for (const count of account.starts.values()) seen.starts += count;
        for (const count of account.approvals.values()) seen.approvals += count;
        seen.messages += account.heard;
        if (state.status === 'reviewing' || state.status === 'completed') seen.over += 1;
      }),
      { numRuns: 3000 },
    );
    // It was tried, and not only refused.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(100);
  });
});
