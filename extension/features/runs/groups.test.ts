import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { controlEvents, workerEvents } from '../../../shared/run/events.ts';
import { fold } from '../../../shared/run/reduce.ts';
import { isTerminal, openDecisions, pausedBy, type RunState } from '../../../shared/run/state.ts';
import { arbitraryOf } from '../../../test/suites/arbitrary.ts';
import { groupOf } from './groups.ts';
import { arranged, everything } from './listing.ts';

const anyState: fc.Arbitrary<RunState> = fc
  .tuple(
    arbitraryOf(controlEvents[0]),
    fc.array(fc.oneof(...[...controlEvents, ...workerEvents].map((schema) => arbitraryOf(schema))), { maxLength: 15 }),
  )
  .map(([created, bodies]) =>
    fold(
      [created, ...bodies].map((body, index) => ({
        run: 'run_test1',
        seq: index + 1,
        position: index + 1,
        at: new Date(1_800_000_000_000).toISOString(),
        activation: null,
        body,
      })),
    )!,
  );

test('every run is in exactly one group, and what waits for a person is where a person looks', () => {
  fc.assert(
    fc.property(fc.array(anyState, { maxLength: 8 }), (states) => {
      const listed = arranged(states, { ...everything, archived: true }).flatMap(({ runs }) => runs);
      expect(listed).toHaveLength(states.length);
      expect(new Set(listed)).toEqual(new Set(states));
      for (const state of states) {
        const waits = !isTerminal(state) && openDecisions(state).length > 0;
        expect(groupOf(state) === 'needs you').toBe(waits);
        expect(groupOf(state) === 'failed').toBe(state.status === 'failed');
        expect(groupOf(state) === 'done').toBe(isTerminal(state) && state.status !== 'failed');
        const stands = !waits && state.status === 'waiting' && pausedBy(state) !== null;
        expect(groupOf(state) === 'paused').toBe(stands);
      }
    }),
    { numRuns: 100 },
  );
});
