import { expect, test } from 'vitest';
import { neverAnswers } from '../fakes/openai/index.ts';
import { deliveryOf, GitHub, hookSecret, sendDelivery } from '../harness/github.ts';
import { Planes } from '../harness/planes.ts';
import { repositoryWith } from '../harness/repository.ts';

const count = 1_000;
const atOnce = 20;

test('two control planes on Postgres are told of each thing both, and the one that looks after them is killed amid it: each counts once', async () => {
  const clone = await repositoryWith({
    '.longhaul/triggers/bugs.yaml': 'on: { github: issue-opened }\ngoal: Mend it.\nperDay: 1000\n',
  });
  await using github = await GitHub.start(clone, ['acme', 'mallory']);
  await using planes = await Planes.open({
    script: () => neverAnswers(),
    env: { HOOK_SECRET: hookSecret, GITHUB_TOKEN_OF_THE_RUNNER: github.token },
    config: { remotes: [github.remote('GITHUB_TOKEN_OF_THE_RUNNER', 'HOOK_SECRET')] },
  });
  const [one, other] = planes.all;
  await one.api.triggers.enable.mutate({ repository: github.url, name: 'bugs' });
  let next = 0;
  const statuses = new Map<number, number>();
  const again = Promise.withResolvers<void>();
  /** As somebody who sends again what was not answered. */
  const tell = async (url: () => string, delivery: Awaited<ReturnType<typeof deliveryOf>>): Promise<void> => {
    for (;;) {
      const status = await sendDelivery(url(), delivery).catch(() => null);
      if (status !== null) statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status === 202) return;
      await again.promise;
    }
  };
  const sender = async (): Promise<void> => {
    for (let index = (next += 1); index <= count; index = next += 1) {
      const delivery = await deliveryOf(github, index);
      await Promise.all([tell(() => one.url, delivery), tell(() => other.url, delivery)]);
    }
  };
  const burst = Promise.all(Array.from({ length: atOnce }, sender));
  await expect.poll(() => next).toBeGreaterThan(count / 2);
  const supervisor = await planes.supervisor();
  await supervisor.kill();
  await planes.supervisedBy(planes.otherThan(supervisor));
  await supervisor.start();
  again.resolve();
  await burst;
  expect(statuses).toEqual(new Map([[202, 2 * count]]));
  const counted = async (what: string): Promise<number> => {
    const [row] = await planes.server.until(planes.database, `select ${what}`, (rows) => rows.length > 0);
    return Number(row?.['n']);
  };
  await expect.poll(() => counted('count(*) as n from outside_events where done = 1')).toBe(count);
  expect(await counted('count(*) as n from firings')).toBe(count);
  expect(await counted("count(distinct event) as n from firings where said like 'mallory may not write%'")).toBe(count);
  expect(await counted('count(*) as n from runs')).toBe(0);
});
