import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { calls, scripted, type Asked, type Reply } from '../fakes/openai/index.ts';
import { repositoryWith } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';

const finish = ({ entries }: Asked): Reply =>
  calls('finish', {
    summary: 'Written.',
    claims: [{ text: 'It is there', calls: [entries.find(({ by }) => by === 'call')!.call!] }],
  });
const script = scripted([
  calls('bash', { command: 'echo hello > hello.txt', timeoutSeconds: null, network: null }),
  finish,
]);
const someRepository = () => repositoryWith({ 'readme.txt': 'Greet.\n' });

describe('SIGTERM while a run works', () => {
  test('stops the runner in good order, six times in a row, and the run goes on each time as it was', async () => {
    const stops = 6;
    const asked = Array.from({ length: stops }, () => Promise.withResolvers<void>());
    const { promise: answer, resolve: go } = Promise.withResolvers<void>();
    let asks = 0;
    await using rig = await Rig.start({
      script: async (request, place) => {
        if (place.turn === 1) {
          asked[asks]?.resolve();
          asks += 1;
          await answer;
        }
        return script(request, place);
      },
    });
    const { id } = await rig.delegate({ goal: 'Greet', repository: await someRepository(), verification: [] });
    for (const { promise } of asked) {
      await promise;
      const workers = await rig.workers();
      // Ctrl-C at a terminal goes to every process, and so does a service manager's word.
      for (const pid of workers) process.kill(pid, 'SIGINT');
      await rig.kill('SIGTERM');
      expect(rig.exitCode).toBe(0);
      expect(workers.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
      expect(existsSync(path.join(rig.home, 'runner.json'))).toBe(false);
      await rig.start();
    }
    go();
    const state = await rig.settled(id, ({ status }) => status === 'reviewing');
    expect(state).toMatchObject({ result: { files: 1, additions: 1 }, losses: 0, spent: { retries: 0 } });
    const ends = (await rig.events(id)).flatMap(({ body }) =>
      body.type === 'activation.lost' || body.type === 'activation.returned' ? [body] : [],
    );
    expect(ends.map(({ type, reason }) => `${type}: ${reason}`)).toEqual(
      Array.from({ length: stops }, () => 'activation.returned: the runner was stopped'),
    );
  });
});
