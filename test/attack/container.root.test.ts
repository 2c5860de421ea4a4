import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { leftOpen } from '../../runner/sandbox/container/fit.ts';
import type { Sandbox } from '../../runner/sandbox/sandbox.ts';
import { sandboxSuite, suiteLimits } from '../suites/sandbox.ts';
import { attackLimits, attackNames, attackCommand, attacks, judgeAttack } from '../suites/sandbox-attacks.ts';
import { layBait, type Bait } from '../suites/sandbox-bait.ts';
import { judgeWorks, mustStillWork } from '../suites/sandbox-works.ts';
import { inContainer, notStopped } from './container.ts';
import { Driver } from './driver-client.ts';
import { startFakeWeb } from './fake-web.ts';
import { makeWorkplace, modes } from './workplace.ts';

interface Target extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly bait: Bait;
}

const never = new AbortController().signal;

const [asRoot] = modes.filter(({ commands }) => commands !== null);

const kinds = [
  { name: 'whose network cannot be cut', namespaces: false, network: 'open' },
  { name: 'whose network can be cut', namespaces: true, network: null },
] as const;

describe.each(asRoot === undefined ? [] : kinds)('in a container $name', ({ namespaces, network }) => {
  const mode = asRoot!;

  describe('the contract', () => {
    sandboxSuite(async () => {
      await using opening = new AsyncDisposableStack();
      const { folder, options } = opening.use(await makeWorkplace(mode, suiteLimits));
      const prefix = (own: string) => inContainer({ own, namespaces, folders: [folder] });
      const driver = opening.use(await Driver.start({ as: null, env: {}, prefix }));
      const container = { run: 'run_1', network };
      const sandbox = await driver.open({ options, container, names: {}, ports: {}, quotaPollMs: 200 });
      if ('outcome' in sandbox) throw new Error(`${sandbox.reason}: ${sandbox.remedy}`);
      opening.use(sandbox);
      const opened = opening.move();
      const { workspace } = options;
      return { sandbox, workspace, live: workspace, [Symbol.asyncDispose]: () => opened.disposeAsync() };
    });
  });

  const underAttack = async (): Promise<Target> => {
    await using opening = new AsyncDisposableStack();
    const secret = `s3cr3t-${randomBytes(12).toString('hex')}`;
    const { folder, options } = opening.use(await makeWorkplace(mode, attackLimits));
    const { workspace } = options;
    const bait = opening.use(await layBait({ workspace, user: mode.owner, neighbour: mode.neighbour, secret }));
    const { ports } = opening.use(await startFakeWeb());
    const prefix = (own: string) => inContainer({ own, namespaces, folders: [folder] });
    const driver = opening.use(await Driver.start({ as: null, env: { OPENAI_API_KEY: secret }, prefix }));
    const container = { run: 'run_1', network };
    const sandbox = await driver.open({ options, container, names: attackNames, ports, quotaPollMs: 200 });
    if ('outcome' in sandbox) throw new Error(`${sandbox.reason}: ${sandbox.remedy}`);
    opening.use(sandbox);
    const opened = opening.move();
    return { sandbox, bait, [Symbol.asyncDispose]: () => opened.disposeAsync() };
  };
  const open = notStopped(namespaces ? 'cut' : 'open');

  describe('what it stops', () => {
    let target: Target;
    beforeAll(async () => {
      target = await underAttack();
    });
    afterAll(() => target[Symbol.asyncDispose]());

    test.each(attacks.filter(({ name }) => !open.has(name)))('$name', async (attack) => {
      const result = await target.sandbox.run(attackCommand(attack, target.bait), { signal: never });
      expect(await judgeAttack(attack, result, target.bait)).toBeNull();
    });

    test.each(mustStillWork)('$name', async (works) => {
      const result = await target.sandbox.run(
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

  describe('what it does not stop, and says so', () => {
    test.each(attacks.filter(({ name }) => open.has(name)))('$name', async (attack) => {
      await using target = await underAttack();
      const result = await target.sandbox.run(attackCommand(attack, target.bait), { signal: never });
      expect(await judgeAttack(attack, result, target.bait)).not.toBeNull();
      expect(leftOpen(namespaces ? 'cut' : 'open').join('\n')).toMatch(open.get(attack.name)!);
    });
  });
});
