import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Scheduled } from '../store/store.ts';
import { pick, type Schedule } from './schedule.ts';

let numbers = 0;
const item = (id: string, rest: Partial<Scheduled> = {}): Scheduled => ({
  run: `run_${id}`,
  number: (numbers += 1),
  activation: `act_${id}`,
  tenant: 'a',
  repository: '/r',
  priority: 0,
  since: '2026-01-01T00:00:00.000Z',
  leaseUntil: null,
  worker: null,
  ...rest,
});
const at = (second: number): string => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();
const chosen = (schedule: Partial<Schedule>): string[] =>
  pick({
    queued: [],
    running: [],
    limits: { perTenant: null, perRepository: null },
    freeSlots: 10,
    ...schedule,
  }).map(({ run }) => run.slice('run_'.length));

describe('who goes first', () => {
  test.each<[string, Partial<Schedule>, string[]]>([
    ['nobody, where there is no slot', { queued: [item('x')], freeSlots: 0 }, []],
    [
      'the higher priority, though it came later',
      { queued: [item('old', { since: at(1) }), item('urgent', { since: at(2), priority: 5 })] },
      ['urgent', 'old'],
    ],
    [
      'whoever waited longer, within a tenant',
      { queued: [item('late', { since: at(2) }), item('early', { since: at(1) })] },
      ['early', 'late'],
    ],
    [
      'the lower number, when both came at once',
      { queued: [item('first'), item('second')].reverse() },
      ['first', 'second'],
    ],
    [
      'the tenant with less running, though it came later',
      {
        queued: [item('a2', { since: at(1) }), item('b1', { tenant: 'b', since: at(2) })],
        running: [item('a1')],
        freeSlots: 1,
      },
      ['b1'],
    ],
    [
      'tenants in turn, as they start',
      {
        queued: [
          item('a1', { since: at(1) }),
          item('a2', { since: at(2) }),
          item('a3', { since: at(3) }),
          item('b1', { tenant: 'b', since: at(4) }),
          item('b2', { tenant: 'b', since: at(5) }),
        ],
        freeSlots: 4,
      },
      ['a1', 'b1', 'a2', 'b2'],
    ],
    [
      'another tenant, where one is at its limit',
      {
        queued: [item('a2', { priority: 9 }), item('b1', { tenant: 'b' })],
        running: [item('a1')],
        limits: { perTenant: 1, perRepository: null },
      },
      ['b1'],
    ],
    [
      'another repository, where one is at its limit',
      {
        queued: [item('a1'), item('a2'), item('a3', { repository: '/s' })],
        limits: { perTenant: null, perRepository: 1 },
      },
      ['a1', 'a3'],
    ],
    [
      'the same path of another tenant is another repository',
      {
        queued: [item('a1'), item('b1', { tenant: 'b' })],
        limits: { perTenant: null, perRepository: 1 },
      },
      ['a1', 'b1'],
    ],
    ['no run that is still held', { queued: [item('x', { activation: 'act_next' })], running: [item('x')] }, []],
  ])('%s', (_, schedule, expected) => {
    expect(chosen(schedule)).toEqual(expected);
  });
});

const anyItem = fc.record({
  tenant: fc.constantFrom('a', 'b', 'c'),
  repository: fc.constantFrom('/r', '/s'),
  priority: fc.integer({ min: -1, max: 1 }),
  since: fc.integer({ min: 0, max: 100 }).map(at),
});
const anySchedule = fc
  .record({
    queued: fc.array(anyItem, { maxLength: 25 }),
    running: fc.array(anyItem, { maxLength: 8 }),
    perTenant: fc.option(fc.integer({ min: 1, max: 5 })),
    perRepository: fc.option(fc.integer({ min: 1, max: 3 })),
    freeSlots: fc.integer({ min: 0, max: 12 }),
  })
  .map(({ queued, running, perTenant, perRepository, freeSlots }): Schedule => ({
    queued: queued.map((rest, index) => item(`q${index}`, rest)),
    running: running.map((rest, index) => item(`r${index}`, rest)),
    limits: { perTenant, perRepository },
    freeSlots,
  }));

const load = (items: readonly Scheduled[], of: (item: Scheduled) => string): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const each of items) counts.set(of(each), (counts.get(of(each)) ?? 0) + 1);
  return counts;
};
const tenantOf = (of: Scheduled): string => of.tenant;
const repositoryOf = (of: Scheduled): string => `${of.tenant} ${of.repository}`;

describe('for all queues', () => {
  test('what is picked takes no limit further than it was, and fits the slots', () => {
    fc.assert(
      fc.property(anySchedule, (schedule) => {
        const picked = pick(schedule);
        expect(picked.length).toBeLessThanOrEqual(schedule.freeSlots);
        expect(new Set(picked.map(({ run }) => run)).size).toBe(picked.length);
        const { perTenant, perRepository } = schedule.limits;
        const after = [...schedule.running, ...picked];
        for (const { tenant } of picked)
          expect(load(after, tenantOf).get(tenant)).toBeLessThanOrEqual(perTenant ?? Infinity);
        for (const each of picked)
          expect(load(after, repositoryOf).get(repositoryOf(each))).toBeLessThanOrEqual(perRepository ?? Infinity);
      }),
    );
  });

  test('no slot stays empty that somebody in the queue may fill', () => {
    fc.assert(
      fc.property(anySchedule, (schedule) => {
        const picked = pick(schedule);
        if (picked.length === schedule.freeSlots) return;
        const after = [...schedule.running, ...picked];
        const left = schedule.queued.filter((each) => !picked.includes(each));
        for (const each of left) {
          const tenantFull = (load(after, tenantOf).get(each.tenant) ?? 0) >= (schedule.limits.perTenant ?? Infinity);
          const repositoryFull =
            (load(after, repositoryOf).get(repositoryOf(each)) ?? 0) >= (schedule.limits.perRepository ?? Infinity);
          expect(tenantFull || repositoryFull).toBe(true);
        }
      }),
    );
  });

  test('whoever waits starts after those of its priority before it, however many others keep coming', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 10 }), (slots, ahead) => {
        let clock = 0;
        const flood = (tenant: string): Scheduled => item(`f${(clock += 1)}`, { tenant, since: at(clock) });
        let queued = Array.from({ length: ahead }, () => flood('a'));
        const patient = item('patient', { tenant: 'b', since: at((clock += 1)) });
        queued.push(patient);
        let running: readonly Scheduled[] = [];
        let rounds = 0;
        for (; !running.includes(patient); rounds += 1) {
          if (rounds > ahead + 2) throw new Error('starved');
          queued.push(flood('a'), flood('c'), flood('b'));
          running = pick({ queued, running: [], limits: { perTenant: null, perRepository: null }, freeSlots: slots });
          queued = queued.filter((each) => !running.includes(each));
        }
        expect(rounds).toBeLessThanOrEqual(Math.ceil((ahead + 1) / slots) + 1);
      }),
    );
  });
});
