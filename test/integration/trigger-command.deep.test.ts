import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { startFakeTrigger } from '../fakes/trigger/index.ts';
import { engineProgram, engineTask } from '../harness/trigger.ts';
import { startWorker } from '../trigger/worker.ts';

describe('npm run test:trigger', () => {
  const main = path.join(import.meta.dirname, '../trigger/main.ts');
  /** A whole suite runs in it, whose tests have limits of their own: one that hangs ends there, however busy the machine is. */
  const suiteMs = 45 * 60_000;
  const run = async (env: Readonly<Record<string, string>>) => {
    const child = spawn(process.execPath, [main], {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const [code] = await once(child, 'close');
    return { code: Number(code), said };
  };

  test('says that it did not run where it is given no server, and does not pass', async () => {
    expect(await run({ TRIGGER_API_URL: 'http://127.0.0.1:1' })).toEqual({
      code: 2,
      said: 'The engine suite did not run on Trigger.dev: TRIGGER_SECRET_KEY is not set.\n',
    });
  });

  test('fails, with what its worker says, where that does not start', async () => {
    await using fake = await startFakeTrigger({ forgiving: true });
    const { code, said } = await run({
      TRIGGER_API_URL: fake.url,
      TRIGGER_SECRET_KEY: fake.secretKey,
      TRIGGER_ACCESS_TOKEN: 'tr_pat_wrong',
      TRIGGER_PROJECT_REF: 'proj_fake',
    });
    expect({ code, said }).toEqual({
      code: 1,
      said: expect.stringMatching(
        /did not run on Trigger\.dev\. The worker ended \(1\)\. What it said last:\n.*/,
      ) as string,
    });
    expect(said.split('What it said last:')[1]).toMatch(/log ?in/i);
  });

  const workerThat = (program: string, patienceMs = 60_000) =>
    startWorker({
      command: [process.execPath, '-e', program],
      cwd: '/',
      env: { PATH: process.env['PATH'] },
      patienceMs,
      onLine: () => {},
    });

  test('a worker that hangs, ends, or ends after it was ready, is no riddle', async () => {
    const hangs = 'setInterval(() => {}, 1e6)';
    await expect(workerThat(`console.error('no such project'); ${hangs}`, 2_000)).rejects.toThrow(
      'The worker is not ready after 2 s. What it said last:',
    );
    await expect(workerThat(`console.error('bye'); process.exit(3)`)).rejects.toThrow(
      'The worker ended (3). What it said last:\n  bye',
    );
    const worker = await workerThat(`console.log('Local worker ready'); setTimeout(() => process.exit(4), 50)`);
    expect(await worker.ended).toContain('The worker ended (4)');
  });

  test(
    'runs the suite on the server that it is given, and leaves nothing there',
    async () => {
      await using fake = await startFakeTrigger({ program: engineProgram });
      fake.world.held = true;
      fake.world.trigger(engineTask, '{}', {});
      fake.world.held = false;
      const { code, said } = await run({ TRIGGER_API_URL: fake.url, TRIGGER_SECRET_KEY: fake.secretKey });
      expect({ code, passed: /10 passed/.test(said) }).toEqual({ code: 0, passed: true });
      const over = ['COMPLETED', 'CANCELED', 'CRASHED', 'FAILED'];
      expect(fake.world.runs.map(({ status }) => status).filter((status) => !over.includes(status))).toEqual([]);
    },
    suiteMs,
  );
});
