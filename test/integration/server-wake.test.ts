import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { follow, startRunner } from './server-set-up.ts';

test('each answer wakes its run once, however many come one after the other', async () => {
  await using runner = await startRunner({
    worker: [process.execPath, fileURLToPath(new URL('./server-parking-worker.ts', import.meta.url))],
  });
  const { client } = runner;
  using feed = follow(client, { after: 0 });
  const state = await runner.delegate();
  let seen = 0;
  for (let round = 0; round < 40; round += 1) {
    const isNew = (): number =>
      feed.events.findIndex(({ body }, index) => index >= seen && body.type === 'activation.ended');
    await feed.until(() => isNew() >= 0);
    seen = isNew() + 1;
    const [open] = await client.decisions.list.query();
    const { id, hash } = open!.request;
    await client.decisions.decide.mutate({
      run: state.id,
      decision: id,
      hash,
      verdict: { kind: 'answered', answer: 'Yes' },
    });
    await feed.until(() => feed.events.slice(seen).some(({ body }) => body.type === 'activation.leased'));
  }
  const count = (type: string): number => feed.events.filter(({ body }) => body.type === type).length;
  expect({ made: count('decision.made'), leased: count('activation.leased') }).toEqual({ made: 40, leased: 41 });
});
