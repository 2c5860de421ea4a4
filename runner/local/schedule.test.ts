import { expect, test } from 'vitest';
import { jitterOf, scheduleOf } from './schedule.ts';

const of = (schedule: string, timeZone: string) => {
  const found = scheduleOf({ schedule, timeZone });
  if (found.outcome === 'refused') throw new Error(found.fault);
  return found.schedule;
};
const times = (iso: readonly number[]) => iso.map((at) => new Date(at).toISOString().slice(0, 16));

/** Every time from one moment to another, as they come one after the other. */
const walk = (schedule: ReturnType<typeof of>, from: string, to: string): readonly number[] => {
  const found: number[] = [];
  for (let at = schedule.nextAfter(Date.parse(from)); at !== null && at <= Date.parse(to); at = schedule.nextAfter(at))
    found.push(at);
  return found;
};

// The days on which the clocks of three places change in 2026, in both directions, at half past the hour that goes or comes twice.
test.each([
  ['Europe/Berlin', '30 2 * * *', '2026-03-28', ['03-28T01:30', '03-29T01:00', '03-30T00:30']],
  ['Europe/Berlin', '30 2 * * *', '2026-10-24', ['10-24T00:30', '10-25T00:30', '10-26T01:30']],
  ['America/New_York', '30 2 * * *', '2026-03-07', ['03-07T07:30', '03-08T07:00', '03-09T06:30']],
  ['America/New_York', '30 1 * * *', '2026-10-31', ['10-31T05:30', '11-01T05:30', '11-02T06:30']],
  ['Australia/Lord_Howe', '15 2 * * *', '2026-10-03', ['10-02T15:45', '10-03T15:30', '10-04T15:15']],
  ['Australia/Lord_Howe', '45 1 * * *', '2026-04-04', ['04-03T14:45', '04-04T14:45', '04-05T15:15']],
])('%s: %s comes once on each day around %s', (...[timeZone, pattern, day, wanted]) => {
  const schedule = of(pattern, timeZone);
  const from = new Date(Date.parse(`${day}T00:00Z`) - 12 * 3_600_000).toISOString();
  const to = new Date(Date.parse(`${day}T00:00Z`) + 60 * 3_600_000).toISOString();
  const walked = walk(schedule, from, to);
  expect(times(walked).map((time) => time.slice(5))).toEqual(wanted);
  // What is looked up backwards is what came one after the other.
  expect(schedule.dueBetween(Date.parse(from), Date.parse(to), 100)).toEqual(walked);
});

test('what is due every half hour is so through an hour that comes twice, and one that never comes', () => {
  const schedule = of('*/30 * * * *', 'Europe/Berlin');
  for (const day of ['2026-10-25', '2026-03-29']) {
    const walked = walk(schedule, `${day}T00:00Z`, `${day}T03:00Z`);
    expect(walked).toHaveLength(6);
    expect(schedule.dueBetween(Date.parse(`${day}T00:00Z`), Date.parse(`${day}T03:00Z`), 100)).toEqual(walked);
  }
});

test('a time itself is not after itself, and due at itself; of many the newest are told', () => {
  const schedule = of('0 * * * *', 'UTC');
  const at = Date.parse('2026-05-01T12:00Z');
  expect(schedule.nextAfter(at)).toBe(at + 3_600_000);
  expect(schedule.dueBetween(at, at, 10)).toEqual([]);
  expect(schedule.dueBetween(at - 1, at, 10)).toEqual([at]);
  expect(times(schedule.dueBetween(0, at, 2))).toEqual(['2026-05-01T11:00', '2026-05-01T12:00']);
});

test.each([
  ['* * * *', 'exactly five'],
  ['* * * * * *', "'5-part' requires exactly 5 parts"],
  ['61 * * * *', 'Invalid value for minute: 61'],
  ['0 0 31 2 *', 'that time never comes'],
  ['whenever', 'schedule: "whenever" is no schedule'],
])('%s is no schedule: %s', (pattern, fault) => {
  const found = scheduleOf({ schedule: pattern, timeZone: 'UTC' });
  expect(found).toEqual({ outcome: 'refused', fault: expect.stringContaining(fault) });
});

test('a trigger is always as much later, within its minutes, and others are otherwise', () => {
  const name = (index: number) => ({ tenant: 't', repository: '/r', name: `n-${index}` });
  const all = Array.from({ length: 100 }, (_, index) => jitterOf(name(index), { jitterMinutes: 10 }));
  expect(all.every((ms) => ms >= 0 && ms < 600_000)).toBe(true);
  expect(new Set(all).size).toBeGreaterThan(90);
  expect(jitterOf(name(7), { jitterMinutes: 10 })).toBe(all[7]);
  expect(jitterOf(name(7), { jitterMinutes: 0 })).toBe(0);
});
