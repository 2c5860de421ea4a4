import { describe, expect, test } from 'vitest';
import { someTask } from '../fakes/task.ts';
import type { OpenStore } from './store.ts';

const start = Date.parse('2030-01-01T00:00:00.000Z');

/** What every store must know of the repositories that somebody put on record. */
export const repositoriesSuite = (name: string, open: OpenStore): void => {
  describe(`${name}: repositories`, () => {
    test('are their tenant’s; who added one first stays, and what was found there is the newest', async () => {
      let now = start;
      await using opened = await open({ now: () => now });
      const { store } = opened;
      const key = { tenant: 'one', repository: 'https://git.example.org/x.git' };
      await store.addRepository(key, 'ada');
      now += 1_000;
      await store.addRepository(key, 'bob');
      await store.addRepository({ ...key, tenant: 'two' }, 'eve');
      // Nobody adds what is merely looked at.
      await store.recordLook({ ...key, repository: '/src' }, '{"n":0}');
      for (const n of [1, 2]) await store.recordLook(key, `{"n":${n}}`);
      const again = await opened.reopen();
      const src = { tenant: 'one', repository: '/src', look: '{"n":0}' };
      expect(await again.repositories('one')).toEqual([
        { ...src, added: null },
        { ...key, added: { by: 'ada', at: start }, look: '{"n":2}' },
      ]);
      await again.addRepository(src, 'bob');
      expect((await again.repositories('one'))[0]).toEqual({ ...src, added: { by: 'bob', at: now } });
    });

    test('go with what they began by themselves, and nobody else’s does', async () => {
      await using opened = await open({ now: () => start });
      const { store } = opened;
      const repository = 'https://git.example.org/x';
      const by = { by: 'ada', byOwner: true, origin: 'repository', publishes: 'no', output: 'diff' } as const;
      const rows = [
        ['one', repository],
        ['one', `${repository}.git`],
        ['one', `${repository}y`],
        ['two', repository],
      ] as const;
      for (const [tenant, of] of rows) await store.enableTrigger({ tenant, repository: of, name: 'nightly' }, by);
      for (const tenant of ['one', 'two']) await store.addRepository({ tenant, repository }, 'ada');
      await store.removeRepository({ tenant: 'one', repository }, [`${repository}.git`]);
      expect(await store.repositories('one')).toEqual([]);
      expect(await store.repositories('two')).toHaveLength(1);
      const enabled = (await store.triggers(null)).filter((row) => row.enabled);
      expect(enabled.map((row) => [row.tenant, row.repository])).toEqual(
        expect.arrayContaining([[...rows[2]], [...rows[3]]]),
      );
      expect(enabled).toHaveLength(2);
    });

    test('have so many runs that are not over, and so many of lately, less what was deleted', async () => {
      let now = start;
      await using opened = await open({ now: () => now });
      const { store } = opened;
      const create = (run: string, repository: string, tenant = 'one') =>
        store.create({ run, task: someTask({ repository, tenant }), dedupeKey: null });
      await create('run_before', '/b');
      await create('run_deleted', '/gone');
      now += 1_000;
      await create('run_lately', '/b');
      await create('run_other', '/a');
      await create('run_elsewhere', '/b', 'two');
      for (const run of ['run_before', 'run_deleted'])
        await store.command(run, { kind: 'cancel', by: 'person:ada', reason: '' });
      await store.delete('run_deleted', 'person:ada');
      expect(await store.runsByRepository({ tenant: 'one', since: start })).toEqual([
        { repository: '/a', open: 1, lately: 1 },
        { repository: '/b', open: 1, lately: 1 },
      ]);
      expect(await store.runsByRepository({ tenant: 'one', since: start - 1 })).toMatchObject([
        { lately: 1 },
        { lately: 2 },
      ]);
    });
  });
};
