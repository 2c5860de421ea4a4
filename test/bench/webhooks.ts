import { Pool } from 'undici';
import { neverAnswers } from '../fakes/openai/index.ts';
import { deliveryOf, GitHub, hookSecret } from '../harness/github.ts';
import { repositoryWith } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';
import type { Bench } from './rows.ts';
import { inMs, p50 } from './statistics.ts';

const deliveries = 10_000;
const atOnce = 20;

/** GitHub tells of ten thousand things that a trigger may wait for, twenty at once, while two runs work: how soon each is answered. */
export const webhooks: Bench = {
  name: 'webhooks',
  run: async () => {
    const clone = await repositoryWith({
      '.longhaul/triggers/bugs.yaml': 'on: { github: issue-opened }\ngoal: Mend it.\nperDay: 1\n',
    });
    await using github = await GitHub.start(clone, ['acme', 'mallory']);
    await using rig = await Rig.start({
      script: () => neverAnswers(),
      env: { HOOK_SECRET: hookSecret, GITHUB_TOKEN_OF_THE_RUNNER: github.token },
      config: { remotes: [github.remote('GITHUB_TOKEN_OF_THE_RUNNER', 'HOOK_SECRET')] },
    });
    const repository = await repositoryWith({ 'a.txt': 'a\n' });
    for (const goal of ['One.', 'Two.']) await rig.delegate({ repository, goal, setup: [], verification: [] });
    await rig.api.triggers.enable.mutate({ repository: github.url, name: 'bugs' });
    const pool = new Pool(rig.url, { connections: atOnce });
    const times: number[] = [];
    let next = 0;
    const one = async (): Promise<void> => {
      for (let index = (next += 1); index <= deliveries; index = next += 1) {
        const { headers, body } = await deliveryOf(github, index);
        const began = performance.now();
        const { statusCode, body: answer } = await pool.request({
          path: '/webhooks/github',
          method: 'POST',
          headers,
          body,
        });
        await answer.dump();
        times.push(performance.now() - began);
        if (statusCode !== 202) throw new Error(`a delivery was answered with ${statusCode}`);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, one));
    await pool.close();
    const sorted = times.toSorted((a, b) => a - b);
    return [
      {
        what: 'webhooks: a delivery answered, the slowest but one in a hundred',
        value: sorted[Math.floor(sorted.length * 0.99)] ?? null,
        unit: 'ms',
        target: { at: 'below', value: 100 },
        note: `p99 of ${deliveries}, ${atOnce} at once; p50 ${inMs(p50(times))}`,
      },
    ];
  },
};
