import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { inReview, pullRequestOf } from '../../../test/suites/store-effects.ts';
import type { PullRequestTold } from '../../../shared/run/pull-request.ts';
import { EffectTrouble } from '../../../shared/run/effect-trouble.ts';
import { onlyOne } from '../store/role.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { startFollowing } from './following.ts';

const open: PullRequestTold = {
  state: 'open',
  by: null,
  head: 'f'.repeat(40),
  checks: { passed: 0, failed: 0, pending: 0, failing: [] },
  approvedBy: [],
  changesRequestedBy: [],
  conflictsWith: null,
};

test('a host that asks for a rest has it, and others are looked at meanwhile', async ({ onTestFinished }) => {
  const folder = await mkdtemp(join(tmpdir(), 'following-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await using store = await openSqliteStore({ folder });
  const limited = 'https://limited.example.org/a.git';
  for (const [run, remote] of [
    ['run_aaaa', limited],
    ['run_bbbb', 'https://git.example.org/b.git'],
  ] as const) {
    await inReview(store, run);
    await pullRequestOf(store, run, { remote });
  }
  const looks = { limited: 0, other: 0 };
  const often = Promise.withResolvers<void>();
  await using _ = startFollowing({
    store,
    role: onlyOne,
    everyMs: 1,
    now: Date.now,
    log: pino({ level: 'silent' }),
    look: async ({ pullRequest }) => {
      if (pullRequest.remote === limited) {
        looks.limited += 1;
        throw new EffectTrouble('Slower.', { remedy: 'Wait.', again: true, afterMs: 600_000 });
      }
      looks.other += 1;
      if (looks.other === 10) often.resolve();
      return { outcome: 'seen', seen: open, request: null, conflict: null, failure: null };
    },
  });
  await often.promise;
  expect(looks.limited).toBe(1);
  expect((await store.state('run_aaaa'))?.pullRequest).toMatchObject({ unseen: { said: 'Slower.', remedy: 'Wait.' } });
});

test('what rings is looked at, once more where it is being looked at, and not before a host that asked for a rest', async ({
  onTestFinished,
}) => {
  const folder = await mkdtemp(join(tmpdir(), 'following-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await using store = await openSqliteStore({ folder });
  for (const [run, name] of [
    ['run_aaaa', 'a'],
    ['run_bbbb', 'b'],
    ['run_cccc', 'c'],
  ] as const) {
    await inReview(store, run);
    await pullRequestOf(store, run, { remote: `https://${name}.example.org/acme/shop.git` });
  }
  const looks: string[] = [];
  const held = Promise.withResolvers<void>();
  const twice = Promise.withResolvers<void>();
  const limited = Promise.withResolvers<void>();
  await using following = startFollowing({
    store,
    role: onlyOne,
    everyMs: 3_600_000,
    now: Date.now,
    log: pino({ level: 'silent' }),
    look: async ({ pullRequest: { remote } }) => {
      const name = remote.slice('https://'.length, 'https://'.length + 1);
      looks.push(name);
      if (name === 'c') {
        limited.resolve();
        throw new EffectTrouble('Slower.', { remedy: 'Wait.', again: true, afterMs: 600_000 });
      }
      if (name === 'a' && looks.filter((each) => each === 'a').length === 2) twice.resolve();
      else if (name === 'a') await held.promise;
      return { outcome: 'seen', seen: open, request: null, conflict: null, failure: null };
    },
  });
  await limited.promise;
  await expect.poll(() => looks.toSorted()).toEqual(['a', 'b', 'c']);
  // As GitHub tells of it: without .git.
  following.ring({ repository: 'https://a.example.org/acme/shop', pullRequests: [] });
  held.resolve();
  await twice.promise;
  following.ring({ repository: 'https://c.example.org/acme/shop', pullRequests: [] });
  following.ring({ repository: 'https://b.example.org/acme/shop', pullRequests: [4711] });
  following.ring({ repository: 'https://a.example.org/acme/shop', pullRequests: [] });
  await expect.poll(() => looks.filter((name) => name === 'a')).toHaveLength(3);
  expect(looks.filter((name) => name !== 'a').toSorted()).toEqual(['b', 'c']);
});
