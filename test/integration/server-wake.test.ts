import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { follow, startRunner } from './server-set-up.ts';

test('an answer wakes its run: half of them within 100 ms, from a warm worker', async () => {
  await using runner = await startRunner({
    worker: [process.execPath, fileURLToPath(new URL('./server-parking-worker.ts', import.meta.url))],
  });
  const { client } = runner;
  using feed = follow(client, { after: 0 });
  const state = await runner.delegate();
  const latencies: number[] = [];
  let seen = 0;
  for (let round = 0; round < 40; round += 1) {
    const isNew = (): number =>
      feed.events.findIndex(({ body }, index) => index >= seen && body.type === 'activation.ended');
    await feed.until(() => isNew() >= 0);
    seen = isNew() + 1;
    const [open] = await client.decisions.list.query();
    const from = performance.now();
    const { id, hash } = open!.request;
    await client.decisions.answer.mutate({ run: state.id, decision: id, hash, answer: 'Yes' });
    await feed.until(() => feed.events.slice(seen).some(({ body }) => body.type === 'activation.leased'));
    latencies.push(performance.now() - from);
  }
  const sorted = latencies.toSorted((a, b) => a - b);
  const p50 = sorted[20]!;
  expect(p50).toBeLessThan(100);
  console.info(`wake: p50 ${p50.toFixed(1)} ms, p95 ${sorted[38]!.toFixed(1)} ms`);
});
