import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { arbitraryOf, type ArbitraryOptions } from '../../test/suites/arbitrary.ts';
import { controlEvents, EventBody, workerEvents, type RunEvent } from './events.ts';
import { fold, reduce } from './reduce.ts';
import { isTerminal, type RunState, type Status } from './state.ts';
import { decisionSummaries, lineOf } from './summary.ts';

const run = 'run_test1';

/** Few names, so that events speak of the same calls and decisions. */
const options: ArbitraryOptions = {
  text: fc.constantFrom('call_1', 'call_2', 'text'),
  patterns: new Map<string, fc.Arbitrary<string>>([
    ['^dec_[a-z0-9]{4,40}$', fc.constantFrom('dec_0001', 'dec_0002', 'dec_0003')],
    ['^act_[a-z0-9]{4,40}$', fc.constantFrom('act_0001', 'act_0002')],
    // What it may not begin or end with is no part of its pattern.
    [String.raw`^[^ ~^:?*[\\]+$`, fc.constantFrom('main', 'v1.0', 'team/topic')],
  ]),
};
const anyBody: fc.Arbitrary<EventBody> = fc.oneof(
  ...[...controlEvents, ...workerEvents].map((schema): fc.Arbitrary<EventBody> => arbitraryOf(schema, options)),
);
const creation = arbitraryOf(controlEvents[0], options);

const logOf = (bodies: readonly EventBody[]): readonly RunEvent[] =>
  bodies.map((body, index) => ({
    run,
    seq: index + 1,
    position: index + 1,
    at: new Date(1_800_000_000_000 + index * 1000).toISOString(),
    activation: null,
    body,
  }));

const anyLog = fc
  .tuple(creation, fc.array(anyBody, { maxLength: 40 }))
  .map(([created, bodies]) => logOf([created, ...bodies]));

const statesOf = (log: readonly RunEvent[]): readonly RunState[] => {
  const states: RunState[] = [];
  for (const event of log) {
    const state = reduce(states.at(-1), event);
    if (state !== undefined) states.push(state);
  }
  return states;
};

const statusFields: Record<Status, readonly string[]> = {
  queued: ['activation', 'since', 'delay'],
  working: ['activation', 'since', 'pausing'],
  waiting: ['until', 'since'],
  ready: ['reason'],
  reviewing: ['since'],
  accepted: ['by', 'at', 'archived'],
  rejected: ['by', 'reason', 'at', 'archived'],
  completed: ['at', 'archived'],
  failed: ['class', 'message', 'at', 'archived'],
  cancelled: ['by', 'reason', 'at', 'archived'],
};
const ownFields = new Set(Object.values(statusFields).flat());

const factsOf = (state: RunState): readonly string[] =>
  Object.keys(state)
    .filter((key) => !ownFields.has(key))
    .sort();

const own = (state: RunState): Record<string, unknown> =>
  Object.fromEntries(Object.entries(state).filter(([key]) => key === 'status' || ownFields.has(key)));

test('what the schemas give rise to is what they accept', () => {
  fc.assert(
    fc.property(anyBody, (body) => {
      expect(EventBody.parse(body)).toEqual(body);
    }),
  );
});

test('every log folds to a state that can be shown', () => {
  fc.assert(
    fc.property(anyLog, (log) => {
      const state = fold(log)!;
      expect(state.seq).toBe(log.length);
      expect(lineOf(state).decisions).toBe(decisionSummaries(state).length);
    }),
    { numRuns: 500 },
  );
});

test('an event that was folded already changes nothing', () => {
  fc.assert(
    fc.property(anyLog, (log) => {
      const state = fold(log);
      for (const event of log) expect(reduce(state, event)).toBe(state);
    }),
  );
});

test('a log can be folded in any two parts', () => {
  fc.assert(
    fc.property(anyLog, fc.nat(), (log, cut) => {
      const at = cut % (log.length + 1);
      expect(fold(log.slice(at), fold(log.slice(0, at)))).toEqual(fold(log));
    }),
  );
});

test('a state survives being written as JSON', () => {
  fc.assert(
    fc.property(anyLog, fc.array(anyBody, { maxLength: 5 }), (log, more) => {
      const state = fold(log)!;
      const read: RunState = JSON.parse(JSON.stringify(state));
      const rest = logOf([...log.map((event) => event.body), ...more]).slice(log.length);
      expect(fold(rest, read)).toEqual(JSON.parse(JSON.stringify(fold(rest, state))));
    }),
  );
});

test('every status has exactly its own fields, and no fact is lost on the way', () => {
  fc.assert(
    fc.property(anyLog, (log) => {
      const states = statesOf(log);
      for (const state of states) {
        expect(factsOf(state)).toEqual(factsOf(states.at(0)!));
        expect(Object.keys(own(state)).sort()).toEqual(['status', ...statusFields[state.status]].sort());
      }
    }),
  );
});

const notResumed = anyLog.filter((log) => log.every(({ body }) => body.type !== 'run.resumed'));

test('only what failed or was cancelled goes on after its end, and only when it is resumed', () => {
  fc.assert(
    fc.property(anyLog, (log) => {
      const states = statesOf(log);
      const goOn = log.flatMap(({ body }, index) => {
        const [before, after] = [states[index - 1], states[index]];
        return before !== undefined && after !== undefined && isTerminal(before) && !isTerminal(after)
          ? [`${body.type} of what ${before.status}`]
          : [];
      });
      const allowed = ['run.resumed of what failed', 'run.resumed of what cancelled'];
      expect(goOn.filter((what) => !allowed.includes(what))).toEqual([]);
    }),
    { numRuns: 1_000 },
  );
});

test('what is over stays as it ended', () => {
  fc.assert(
    fc.property(notResumed, (log) => {
      const over = statesOf(log).filter(isTerminal);
      const ends = over.map((state) => ({ ...own(state), archived: null }));
      expect(ends).toEqual(ends.map(() => ends.at(0)));
      expect(statesOf(log).slice(-over.length || Infinity)).toEqual(over);
    }),
    { numRuns: 300 },
  );
});

test('a run never waits for a decision that was made', () => {
  fc.assert(
    fc.property(anyLog, (log) => {
      const awaited = statesOf(log).flatMap((state) =>
        state.status === 'waiting' && state.until.kind === 'decision' ? [state.decisions[state.until.decision]] : [],
      );
      expect(awaited.filter((open) => open === undefined || open.status === 'decided')).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test('nothing that was spent is ever given back', () => {
  fc.assert(
    fc.property(anyLog, (log) => {
      const states = statesOf(log);
      for (const [index, { spent }] of states.entries()) {
        const before = states[index - 1]?.spent ?? spent;
        // Retries in a row are counted anew when the run gets on; all of them are not.
        const { inVain: _inVain, ...kept } = spent;
        for (const key of Object.keys(kept) as (keyof typeof kept)[])
          // safe: the keys of that very object
          expect(spent[key]).toBeGreaterThanOrEqual(before[key]);
        expect(spent.inVain).toBeLessThanOrEqual(spent.retries);
      }
    }),
  );
});

test('before its creation a run has no state', () => {
  fc.assert(
    fc.property(anyBody, (body) => {
      fc.pre(body.type !== 'run.created');
      expect(reduce(undefined, logOf([body]).at(0)!)).toBe(undefined);
    }),
  );
});

test('an event of a newer program leaves a state as it is, but for its place in the log', () => {
  const created = fc.sample(creation, 1).at(0)!;
  const state = fold(logOf([created]))!;
  // safe: that is what a newer event is to this program: one that its types do not know
  const unheard = { type: 'coffee.brewed', v: 1 } as unknown as EventBody;
  const event = logOf([created, unheard]).at(1)!;
  expect(reduce(state, event)).toEqual({ ...state, seq: 2, updatedAt: event.at });
});
