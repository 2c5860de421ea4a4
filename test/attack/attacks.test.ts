import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../runner/sandbox/sandbox.ts';
import { attackLimits, attackNames, attackCommand, attacks, judgeAttack } from '../suites/sandbox-attacks.ts';
import { layBait, type Bait } from '../suites/sandbox-bait.ts';
import { judgeWorks, mustStillWork } from '../suites/sandbox-works.ts';
import { Driver } from './driver-client.ts';
import { startFakeWeb } from './fake-web.ts';
import { makeWorkplace, modes } from './workplace.ts';

const never = new AbortController().signal;

describe.each(modes)('with $name', (mode) => {
  let stack: AsyncDisposableStack;
  let sandbox: Sandbox;
  let bait: Bait;

  beforeAll(async () => {
    stack = new AsyncDisposableStack();
    const secret = `s3cr3t-${randomBytes(12).toString('hex')}`;
    const workplace = stack.use(await makeWorkplace(mode, attackLimits));
    bait = stack.use(
      await layBait({ workspace: workplace.options.workspace, user: mode.owner, neighbour: mode.neighbour, secret }),
    );
    const web = stack.use(await startFakeWeb());
    const driver = stack.use(await Driver.start({ as: mode.worker, env: { OPENAI_API_KEY: secret } }));
    const opened = await driver.open({
      options: workplace.options,
      names: attackNames,
      ports: web.ports,
      quotaPollMs: 100,
    });
    if ('outcome' in opened) throw new Error(`${opened.reason}: ${opened.remedy}`);
    sandbox = stack.use(opened);
  });
  afterAll(() => stack.disposeAsync());

  test.each(attacks)('$name', async (attack) => {
    const result = await sandbox.run(attackCommand(attack, bait), { signal: never });
    expect(await judgeAttack(attack, result, bait)).toBeNull();
  });

  test.each(mustStillWork)('$name', async (works) => {
    const result = await sandbox.run(
      {
        argv: ['bash', '-c', `export NODE_TLS_REJECT_UNAUTHORIZED=0; ${works.script}`],
        network: works.network ?? [],
        timeoutMs: 30_000,
        maxOutputBytes: 65_536,
      },
      { signal: never },
    );
    expect(judgeWorks(works, result)).toBeNull();
  });
});
