import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { someEvent } from '../../../test/fakes/outside-event.ts';
import { someTask } from '../../../test/fakes/task.ts';
import { RefusedError } from '../../../shared/api/router.ts';
import type { OutsideEvent } from '../../../shared/recipe/outside-event.ts';
import { EffectTrouble } from '../../../shared/run/effect-trouble.ts';
import { Trouble } from '../../../shared/trouble.ts';
import { definitionsIn } from '../../machine/triggers/definitions.ts';
import { onlyOne } from '../store/role.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { startEvents, type EventsOptions } from './events.ts';
import { openDefinitions } from './known-definitions.ts';

const key = { tenant: 'local', repository: 'https://github.com/acme/shop.git', name: 'bugs' };
const begins = Date.parse('2026-05-01T00:00:00Z');
const minute = 60_000;

/** A store in which ada enabled a trigger on the label "agent", and what looks after it, as often as it is started anew. */
const watched = async (own: object = {}, over: Partial<EventsOptions> = {}) => {
  const folder = await mkdtemp(join(tmpdir(), 'events-'));
  const clock = { now: begins };
  const store = await openSqliteStore({ folder, now: () => clock.now });
  await store.enableTrigger(key, { by: 'ada', byOwner: true, origin: 'repository', publishes: 'no', output: 'diff' });
  const said = { file: { on: { github: 'issue-labeled', label: 'agent' }, goal: 'Mend it.', ...own } as object };
  const asked: string[] = [];
  const begun: string[] = [];
  const declined: string[] = [];
  const options = (given: Store): EventsOptions => ({
    store: given,
    role: onlyOne,
    definitionOf: openDefinitions(
      async () => {
        const text = stringify(said.file);
        return definitionsIn([{ path: 'triggers/bugs.yaml', bytes: text.length, text }], 'main');
      },
      () => clock.now,
    ),
    admit: async (event) => {
      asked.push(event.actor?.login ?? 'GitHub');
      return event.actor?.login === 'mallory'
        ? { outcome: 'refused', why: 'mallory may not write to the repository.', isStranger: true }
        : { outcome: 'admitted', event: { ...event, text: `${event.text} Looked at.` } };
    },
    decline: async ({ actor, subject }) => void declined.push(`${actor?.login} on ${subject}`),
    // As delegating with a key does it.
    begin: async (_row, _definition, { id, event }) => {
      const run = `run_${id.replaceAll(/\W/g, '')}`;
      const { outcome, state } = await given.create({ run, task: someTask(), dedupeKey: id });
      if (outcome === 'created') begun.push(`${event.subject}: ${event.text}`);
      return state;
    },
    shared: false,
    now: () => clock.now,
    log: pino({ level: 'silent' }),
    ...over,
  });
  let count = 0;
  return {
    store,
    clock,
    begun,
    declined,
    asked,
    said,
    tell: (event: Partial<OutsideEvent> = {}) => {
      count += 1;
      return store.recordEvent({ id: `github ${count}`, digest: String(count), event: someEvent(event) });
    },
    pass: async (given: Store = store): Promise<void> => {
      await using events = startEvents(options(given));
      await events.passNow();
    },
    row: async () => (await store.triggers(null))[0],
    firings: () => store.firings(key, 99),
    [Symbol.asyncDispose]: async () => {
      await store[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
};

test('what a trigger waits for begins one run, with what was found out about it, and is on record', async () => {
  await using it = await watched();
  await it.tell();
  await it.pass();
  await it.pass();
  expect(it.begun).toEqual(['issue 12: It subtracts. Looked at.']);
  expect(await it.firings()).toEqual([
    {
      event: 'github 1',
      at: begins,
      about: 'issue 12 by ada',
      url: 'https://github.com/acme/shop/issues/12',
      run: 'run_github1',
      said: null,
      publish: 'no',
      ciRepairs: 0,
      unpublished: null,
    },
  ]);
  expect(await it.row()).toMatchObject({ run: 'run_github1', problem: null, handledAt: begins });
  expect(await it.store.newEvents(9)).toEqual([]);
});

test.each([
  ['another label', { value: 'wontfix' }],
  ['another event', { kind: 'issue-opened', value: null }],
  ['a webhook of that name', { source: 'webhook', kind: 'issue-labeled', repository: null, tenant: 'local' }],
] as const)('%s begins nothing, and nobody is asked', async (_, event) => {
  await using it = await watched();
  await it.tell(event);
  await it.pass();
  expect([it.begun, it.asked, await it.firings(), await it.store.newEvents(9)]).toEqual([[], [], [], []]);
});

test('a label is one whatever its case', async () => {
  await using it = await watched();
  await it.tell({ value: 'Agent' });
  await it.pass();
  expect(it.begun).toHaveLength(1);
});

test('what happened before it was enabled begins nothing', async () => {
  await using it = await watched();
  await it.tell();
  it.clock.now += minute;
  await it.store.enableTrigger(key, {
    by: 'bob',
    byOwner: true,
    origin: 'repository',
    publishes: 'no',
    output: 'diff',
  });
  await it.pass();
  expect(it.begun).toEqual([]);
});

test('whoever may not write begins nothing, which is on record, and is nobody’s problem', async () => {
  await using it = await watched();
  await it.tell({ actor: { login: 'mallory', isBot: false } });
  await it.pass();
  expect(it.begun).toEqual([]);
  expect(await it.firings()).toMatchObject([
    { about: 'issue 12 by mallory', run: null, said: 'mallory may not write to the repository.' },
  ]);
  expect(await it.row()).toMatchObject({ problem: null, run: null });
  expect(it.declined).toEqual(['mallory on issue 12']);
});

test('that a stranger cannot be told so changes nothing', async () => {
  await using it = await watched({}, { decline: () => Promise.reject(new Error('GitHub is away')) });
  await it.tell({ actor: { login: 'mallory', isBot: false } });
  await it.pass();
  expect(await it.firings()).toMatchObject([{ run: null, said: 'mallory may not write to the repository.' }]);
});

test('a kill between the run and its record leaves one run', async () => {
  await using it = await watched({ whileOpen: 'skip' });
  await it.tell();
  for (const write of ['triggerHandled', 'eventHandled'] as const) {
    await it.pass({ ...it.store, [write]: () => Promise.reject(new Error('killed')) });
    expect(it.begun).toHaveLength(1);
  }
  await it.pass();
  expect(it.begun).toHaveLength(1);
  expect(await it.firings()).toMatchObject([{ run: 'run_github1', said: null }]);
  expect(await it.store.newEvents(9)).toEqual([]);
});

test('two that both believe to have the role begin one run', async () => {
  await using it = await watched();
  await it.tell();
  await Promise.all([it.pass(), it.pass()]);
  expect(it.begun).toHaveLength(1);
  expect(await it.firings()).toMatchObject([{ run: 'run_github1', said: null }]);
});

test('while GitHub cannot be asked nothing begins; it is asked again, and begins then', async () => {
  const answers: ('hangs' | 'well')[] = ['hangs', 'hangs', 'well'];
  await using it = await watched(
    {},
    {
      admit: async (event) => {
        if (answers.shift() === 'well') return { outcome: 'admitted', event };
        throw new EffectTrouble('GitHub did not answer.', { remedy: 'Wait.', again: true });
      },
    },
  );
  await it.tell();
  await it.pass();
  it.clock.now += minute;
  await it.pass();
  expect([it.begun, await it.firings()]).toEqual([[], []]);
  expect(await it.store.newEvents(9)).toHaveLength(1);
  it.clock.now += minute;
  await it.pass();
  expect(it.begun).toHaveLength(1);
});

test('while one waits to be asked about again, others are dealt with', async () => {
  await using it = await watched(
    {},
    {
      admit: async (event) => {
        if (event.subject !== 'issue 1') return { outcome: 'admitted', event };
        throw new EffectTrouble('GitHub did not answer.', { remedy: 'Wait.', again: true, afterMs: 10 * minute });
      },
    },
  );
  await it.tell({ subject: 'issue 1' });
  await it.tell({ subject: 'issue 2' });
  await it.pass();
  expect(it.begun).toEqual(['issue 2: It subtracts.']);
  expect(await it.store.newEvents(9)).toMatchObject([{ event: { subject: 'issue 1' } }]);
});

test.each([
  ['an hour long', new EffectTrouble('GitHub did not answer.', { remedy: 'Wait.', again: true }), 60 * minute],
  ['for good', new Trouble('The token is gone.', { remedy: 'Give another.' }), 0],
] as const)('where GitHub cannot be asked %s it begins nothing, and says so', async (_, error, after) => {
  await using it = await watched({}, { admit: () => Promise.reject(error) });
  await it.tell();
  it.clock.now += after;
  await it.pass();
  const why = `No run was begun for issue 12 by ada: ${error.message} ${error.remedy}`;
  expect(await it.row()).toMatchObject({ problem: why });
  expect(await it.firings()).toMatchObject([{ run: null, said: why }]);
  expect(await it.store.newEvents(9)).toEqual([]);
});

test('a file that is broken keeps what happened waiting; mended within the hour it begins its run', async () => {
  await using it = await watched();
  it.said.file = { on: { github: 'issue-labelled', label: 'agent' }, goal: 'Mend it.' };
  await it.tell();
  await it.pass();
  expect((await it.row())?.problem).toContain('.longhaul/triggers/bugs.yaml of main cannot be used: on.github');
  it.said.file = { on: { github: 'issue-labeled', label: 'agent' }, goal: 'Mend it.' };
  it.clock.now += minute;
  await it.pass();
  expect(it.begun).toHaveLength(1);
  expect(await it.row()).toMatchObject({ problem: null });
});

test('so many within a day begin runs; what comes then begins none and is said; a day later it begins again', async () => {
  await using it = await watched({ perDay: 2 });
  for (const subject of ['issue 1', 'issue 2', 'issue 3']) await it.tell({ subject });
  await it.pass();
  expect(it.begun).toHaveLength(2);
  const why = 'No run was begun for issue 3 by ada: it had begun 2 within a day (perDay).';
  expect(await it.row()).toMatchObject({ problem: why });
  expect(await it.firings()).toContainEqual(expect.objectContaining({ about: 'issue 3 by ada', run: null, said: why }));
  it.clock.now += 24 * 60 * minute;
  await it.tell({ subject: 'issue 4' });
  await it.pass();
  expect(it.begun).toHaveLength(3);
});

test('it is paused once its runs of a day have spent what its file allows; whoever enables it again begins a new count', async () => {
  await using it = await watched({ usdPerDay: 5 });
  const counted: number[] = [];
  const spending = (usd: number): Store => ({
    ...it.store,
    spentBy: async (_key, since) => {
      counted.push(since);
      return { runs: 2, usd, unpriced: 0 };
    },
  });
  await it.tell({ subject: 'issue 1' });
  await it.pass(spending(4.99));
  it.clock.now += 30 * minute;
  await it.tell({ subject: 'issue 2' });
  await it.pass(spending(5.01));
  const why =
    'It was paused: the 2 runs that it began within a day have spent $5.01 of $5 (usdPerDay). To go on: longhaul triggers enable bugs --repo https://github.com/acme/shop.git';
  expect(it.begun).toHaveLength(1);
  expect(await it.row()).toMatchObject({ enabled: false, problem: why, failures: 0 });
  expect(await it.firings()).toContainEqual(expect.objectContaining({ about: 'issue 2 by ada', run: null, said: why }));
  await it.store.enableTrigger(key, {
    by: 'ada',
    byOwner: true,
    origin: 'repository',
    publishes: 'no',
    output: 'diff',
  });
  it.clock.now += minute;
  await it.tell({ subject: 'issue 3' });
  await it.pass(spending(0));
  expect(it.begun).toHaveLength(2);
  expect(counted.map((since) => since - begins)).toEqual([-1, -1, 30 * minute - 1]);
});

test('a burst of which most is a stranger’s comes to nothing for the stranger, and each of the others begins one run', async () => {
  await using it = await watched({ perDay: 1000 });
  const actors = Array.from({ length: 250 }, (_, index) => (index % 50 === 0 ? 'ada' : 'mallory'));
  for (const [index, login] of actors.entries())
    await it.tell({ subject: `issue ${index}`, actor: { login, isBot: false } });
  await it.pass();
  await it.pass();
  await it.pass();
  expect(it.begun).toHaveLength(5);
  expect(await it.firings()).toHaveLength(5 + 99);
  expect(await it.store.newEvents(9)).toEqual([]);
});

test('what a delegation would refuse is refused, and said', async () => {
  const refusal = { code: 'denied', message: 'ada may not.', remedy: 'Enable it again.' } as const;
  await using it = await watched({}, { begin: () => Promise.reject(new RefusedError(refusal)) });
  await it.tell();
  await it.pass();
  expect((await it.row())?.problem).toBe('No run was begun for issue 12 by ada: ada may not. Enable it again.');
});

test('what its file publishes by itself is not, where that was not so when it was enabled, and that is said', async () => {
  await using it = await watched({ publish: 'draft', ciRepairs: 1 });
  await it.tell();
  await it.pass();
  expect(it.begun).toHaveLength(1);
  expect((await it.row())?.problem).toContain('its file says "publish: draft", which it did not when ada enabled it.');
  expect(await it.store.toPublish()).toEqual([]);
  await it.store.enableTrigger(key, {
    by: 'bob',
    byOwner: true,
    origin: 'repository',
    publishes: 'ready',
    output: 'diff',
  });
  await it.tell({ subject: 'issue 13' });
  await it.pass();
  expect(await it.store.toPublish()).toMatchObject([{ run: 'run_github2', publish: 'draft', ciRepairs: 1 }]);
  expect((await it.row())?.problem).toBe(null);
});

test('what it says has to be agreed to anew, once its recipe says another thing', async () => {
  await using it = await watched({ publish: 'ready' });
  const says = (output: 'comment' | 'diff') =>
    it.store.enableTrigger(key, { by: 'bob', byOwner: true, origin: 'repository', publishes: 'ready', output });
  await says('comment');
  await it.tell();
  await it.pass();
  expect((await it.row())?.problem).toBe(
    "What it begins is not published by itself: its recipe's output has become a diff, and was a comment when bob enabled it. If that is right: longhaul triggers enable bugs --repo https://github.com/acme/shop.git",
  );
  expect(await it.store.toPublish()).toEqual([]);
  await says('diff');
  await it.tell({ subject: 'issue 13' });
  await it.pass();
  expect(await it.store.toPublish()).toMatchObject([{ run: 'run_github2', publish: 'ready' }]);
});

test('while its remote is away it is tried again, and begins then; after an hour it begins nothing, and says so', async () => {
  const away = { code: 'unavailable', message: 'The remote cannot be read.', remedy: 'Wait.' } as const;
  await using it = await watched({}, { begin: () => Promise.reject(new RefusedError(away)) });
  await it.tell();
  await it.pass();
  expect([await it.firings(), (await it.store.newEvents(9)).length]).toEqual([[], 1]);
  it.clock.now += 60 * minute;
  await it.pass();
  const why = 'No run was begun for issue 12 by ada: The remote cannot be read. Wait.';
  expect(await it.firings()).toMatchObject([{ run: null, said: why }]);
  expect(await it.store.newEvents(9)).toEqual([]);
});

test('what fails as nobody expected is tried again for an hour, and holds up nothing else', async () => {
  await using it = await watched({}, { begin: () => Promise.reject(new Error('a bug')) });
  await it.tell();
  await it.pass();
  expect(await it.store.newEvents(9)).toHaveLength(1);
  it.clock.now += 60 * minute;
  await it.pass();
  expect(await it.store.newEvents(9)).toEqual([]);
});

test('a webhook of the tenant’s begins its run', async () => {
  await using it = await watched({ on: { webhook: 'pager' } });
  const webhook = { source: 'webhook', kind: 'pager', value: null, repository: null, actor: null } as const;
  await it.tell({ ...webhook, tenant: 'local', subject: 'pager 1' });
  await it.tell({ ...webhook, tenant: 'local', kind: 'other' });
  expect(await it.tell({ ...webhook, tenant: 'another' })).toBe('unwanted');
  await it.pass();
  expect(it.begun).toEqual(['pager 1: It subtracts. Looked at.']);
});
