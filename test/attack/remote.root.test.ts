import { describe } from 'vitest';
import { openRemote } from '../../runner/sandbox/remote/remote.ts';
import { sandboxSuite, suiteLimits } from '../suites/sandbox.ts';
import { providers } from './providers.ts';
import { makeWorkplace, modes } from './workplace.ts';

const asRoot = modes.filter(({ commands }) => commands !== null);

describe.each(asRoot)('with $name', (mode) => {
  describe.each(providers)('on a machine of $name', ({ provider, account: open }) => {
    sandboxSuite(async () => {
      await using opening = new AsyncDisposableStack();
      const account = opening.use(await open());
      const { options } = opening.use(await makeWorkplace(mode, suiteLimits));
      const machines = provider({ run: 'run_1', worker: 'a', image: null });
      const sandbox = await openRemote(machines, { ...options, programs: {}, quotaSeconds: 0.2 });
      if ('outcome' in sandbox) throw new Error(`${sandbox.reason}: ${sandbox.remedy}`);
      opening.use(sandbox);
      const [one] = account.sandboxes.values();
      const opened = opening.move();
      const { workspace } = options;
      return { sandbox, workspace, live: one!.machine.workspace, [Symbol.asyncDispose]: () => opened.disposeAsync() };
    }, 'elsewhere');
  });
});
