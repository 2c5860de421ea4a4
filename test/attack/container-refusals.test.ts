import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { SandboxOptions } from '../../runner/sandbox/sandbox.ts';
import { attackLimits } from '../suites/sandbox-attacks.ts';
import { inContainer } from './container.ts';
import { Driver, type OpenRequest } from './driver-client.ts';
import { makeWorkplace, modes } from './workplace.ts';

const never = new AbortController().signal;
const request = { names: {}, ports: {}, quotaPollMs: 200 };
const open = { run: 'run_1', network: 'open' } as const;

const refusal = (reason: RegExp, remedy: RegExp): unknown => ({
  outcome: 'refused',
  reason: expect.stringMatching(reason) as string,
  remedy: expect.stringMatching(remedy) as string,
});

describe.each(modes.filter(({ commands }) => commands !== null))('in a container, with $name', (mode) => {
  interface Attempt {
    readonly namespaces?: boolean;
    readonly container?: OpenRequest['container'];
    readonly options?: Partial<SandboxOptions>;
    readonly secrets?: boolean;
  }
  const tryToOpen = async ({ namespaces = false, container = open, options, secrets }: Attempt): Promise<unknown> => {
    await using workplace = await makeWorkplace(mode, attackLimits);
    const { folder } = workplace;
    const token = join(folder, 'token');
    await writeFile(token, 'of the platform');
    await chmod(token, 0o644);
    const files = secrets === true ? { '/run/secrets/platform/token': token } : {};
    const prefix = (own: string) => inContainer({ own, namespaces, folders: [folder], files });
    await using driver = await Driver.start({ as: null, env: {}, prefix });
    const opened = await driver.open({ options: { ...workplace.options, ...options }, container, ...request });
    return 'outcome' in opened ? opened : 'opened';
  };

  test('it takes one run: the same again, and no second', async () => {
    await using workplace = await makeWorkplace(mode, attackLimits);
    const prefix = (own: string) => inContainer({ own, namespaces: false, folders: [workplace.folder] });
    await using driver = await Driver.start({ as: null, env: {}, prefix });
    for (let activation = 0; activation < 2; activation += 1) {
      const sandbox = await driver.open({ options: workplace.options, container: open, ...request });
      if ('outcome' in sandbox) throw new Error(sandbox.reason);
      const { output } = await sandbox.run(
        { argv: ['git', 'log', '--format=%s'], timeoutMs: 5000, network: [], maxOutputBytes: 4096 },
        { signal: never },
      );
      expect(output).toBe('first\n');
      await sandbox[Symbol.asyncDispose]();
    }
    expect(await driver.open({ options: workplace.options, container: { ...open, run: 'run_2' }, ...request })).toEqual(
      refusal(/has had a run already \(run_1\)/, /new container/),
    );
  });

  test('a network that cannot be cut and of which nothing is said is a refusal', async () => {
    expect(await tryToOpen({ container: { ...open, network: null } })).toEqual(
      refusal(/^the network cannot be cut here \(unshare: .*not permitted\)/, /sandbox\.containerNetwork: "none"/),
    );
    expect(await tryToOpen({ namespaces: true, container: { ...open, network: null } })).toBe('opened');
  });

  test('a token of the platform that every user can read is a refusal that names it', async () => {
    expect(await tryToOpen({ secrets: true })).toEqual(
      refusal(/could reach \/run\/secrets\/platform\/token/, /automountServiceAccountToken/),
    );
  });

  test('commands get no user who is somebody in the container already', async () => {
    expect(await tryToOpen({ options: { user: { uid: 1, gid: 1 } } })).toEqual(
      refusal(/^user 1 is daemon's/, /sandbox\.uidBase/),
    );
    expect(await tryToOpen({ options: { user: { uid: 0, gid: 0 } } })).toEqual(refusal(/never run as root/, /user/));
  });

  test('doctor learns what would hold here, and nothing is taken', async () => {
    const probe = async (namespaces: boolean, network: 'open' | null): Promise<unknown> => {
      const prefix = (own: string) => inContainer({ own, namespaces, folders: [] });
      await using driver = await Driver.start({ as: null, env: {}, prefix });
      const first = await driver.probe({ network, uid: 64_124 });
      expect(await driver.probe({ network, uid: 64_124 })).toEqual(first);
      return first;
    };
    expect(await probe(true, null)).toEqual({ outcome: 'ok', network: 'cut' });
    expect(await probe(false, 'open')).toEqual({ outcome: 'ok', network: 'open' });
    expect(await probe(false, null)).toEqual(refusal(/cannot be cut/, /containerNetwork/));
  });
});

test('a worker that is no root is a refusal: its commands could read its keys', async () => {
  const mode = modes.find(({ commands }) => commands === null)!;
  await using workplace = await makeWorkplace(mode, attackLimits);
  await using driver = await Driver.start({ as: mode.worker, env: {} });
  expect(await driver.open({ options: workplace.options, container: open, ...request })).toEqual(
    refusal(/^the worker runs as user \d+, .*read its keys/, /as root/),
  );
});
