import { expect, test } from 'vitest';
import type { EventBody } from '../../../shared/run/events.ts';
import { began, created, followed } from '../../../shared/run/story/fixture.ts';
import { unseenEnds, withSeen, type Seen } from './ends.ts';

const day = 24 * 3_600_000;
const nothing: Seen = { since: new Date(began).toISOString(), ends: {} };
const stateOf = (...bodies: readonly EventBody[]) => followed([created('Mend it'), ...bodies]).state;

const failed: EventBody = { type: 'run.failed', v: 1, class: 'model', message: 'The key was refused.' };
const completed: EventBody = { type: 'run.completed', v: 1 };
const cancelled: EventBody = { type: 'run.cancelled', v: 1, by: 'person:ada', reason: '' };
const resumed: EventBody = { type: 'run.resumed', v: 1, by: 'person:ada' };

test('an end that no person made is news until it was seen', () => {
  for (const end of [failed, completed]) {
    const [unseen, ...others] = unseenEnds([stateOf(end)], nothing, began + day);
    expect(others).toEqual([]);
    expect(unseen).toMatchObject({ id: 'run_test1' });
    expect(unseenEnds([stateOf(end)], withSeen(nothing, [unseen!], began + day), began + day)).toEqual([]);
  }
});

test('what a person ended, what is under way, what ended before the editor looked and what is long past is no news', () => {
  expect(unseenEnds([stateOf()], nothing, began + day)).toEqual([]);
  expect(unseenEnds([stateOf(cancelled)], nothing, began + day)).toEqual([]);
  const later: Seen = { ...nothing, since: new Date(began + day).toISOString() };
  expect(unseenEnds([stateOf(failed)], later, began + day)).toEqual([]);
  expect(unseenEnds([stateOf(failed)], nothing, began + 8 * day)).toEqual([]);
});

test('a run that was resumed and failed again is news again', () => {
  const [first] = unseenEnds([stateOf(failed)], nothing, began + day);
  const seen = withSeen(nothing, [first!], began + day);
  expect(unseenEnds([stateOf(failed, resumed, failed)], seen, began + day)).toHaveLength(1);
});

test('of ends that are no news any more nothing is kept, and of the others the last thousand', () => {
  const at = (ms: number): string => new Date(began + ms).toISOString();
  const old = withSeen(nothing, [{ id: 'run_old', at: at(0) }], began);
  expect(withSeen(old, [{ id: 'run_new', at: at(8 * day) }], began + 8 * day).ends).toEqual({ run_new: at(8 * day) });
  const many = Array.from({ length: 1_200 }, (_, index) => ({ id: `run_${index}`, at: at(index) }));
  const kept = Object.keys(withSeen(nothing, many, began + day).ends);
  expect([kept.length, kept[0], kept.at(-1)]).toEqual([1_000, 'run_1199', 'run_200']);
});
