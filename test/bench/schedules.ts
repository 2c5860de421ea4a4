import { cpuUsage } from 'node:process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { onlyOne } from '../../runner/control/store/role.ts';
import { openSqliteStore } from '../../runner/control/store/sqlite/sqlite-store.ts';
import { definitionsOf, openDefinitions } from '../../runner/control/triggers/known-definitions.ts';
import { startSchedules } from '../../runner/control/triggers/schedules.ts';
import { someTask } from '../fakes/task.ts';
import type { Bench } from './rows.ts';
import { inMs } from './statistics.ts';

const repositories = 10;
const ofEach = 100;
const minutes = 60;
const minuteMs = 60_000;

/** An hour of a thousand schedules, each due once in it: what the control plane's own part of that takes, on a clock that is set forward a minute at a time. */
export const schedules: Bench = {
  name: 'schedules',
  run: async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'longhaul-bench-schedules-'));
    let time = Date.parse('2026-05-01T00:00:30Z');
    const store = await openSqliteStore({ folder, now: () => time });
    const files = Array.from({ length: ofEach }, (_, index) => {
      const text = `schedule: "${index % minutes} * * * *"\ngoal: Look.\nwhileOpen: begin\n`;
      return { path: `triggers/at-${index}.yaml`, bytes: text.length, text };
    });
    for (let repository = 0; repository < repositories; repository += 1)
      for (let index = 0; index < ofEach; index += 1)
        await store.enableTrigger(
          { tenant: 'local', repository: `/r${repository}`, name: `at-${index}` },
          { by: 'ada', byOwner: true, origin: 'repository', publishes: 'no', output: 'diff' },
        );
    let begun = 0;
    const passes: number[] = [];
    await using all = startSchedules({
      store,
      role: onlyOne,
      definitionOf: openDefinitions(
        definitionsOf(async () => ({ triggers: files, branch: 'main' })),
        () => time,
      ),
      begin: async (row, _definition, dueAt) => {
        begun += 1;
        const name = `${row.repository} ${row.name} ${dueAt}`;
        const run = `run_${name.replaceAll(/\W/g, '')}`;
        return (await store.create({ run, task: someTask(), dedupeKey: name })).state;
      },
      shared: false,
      now: () => time,
      log: pino({ level: 'silent' }),
    });
    const before = cpuUsage();
    for (let minute = 0; minute < minutes; minute += 1) {
      time += minuteMs;
      const began = performance.now();
      await all.passNow();
      passes.push(performance.now() - began);
    }
    const { user, system } = cpuUsage(before);
    await store[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
    if (begun !== repositories * ofEach)
      throw new Error(`${begun} runs were begun instead of ${repositories * ofEach}`);
    return [
      {
        what: 'an hour of 1,000 schedules, each due once: CPU of the control plane',
        value: (user + system) / 1000,
        unit: 'ms',
        target: { at: 'below', value: 36_000 },
        note: `1 % of a core; ${begun} runs put on record, without reading their repositories; slowest pass ${inMs(Math.max(...passes))}`,
      },
    ];
  },
};
