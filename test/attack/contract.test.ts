import { describe } from 'vitest';
import { sandboxSuite, suiteLimits } from '../suites/sandbox.ts';
import { Driver } from './driver-client.ts';
import { makeWorkplace, modes } from './workplace.ts';

describe.each(modes)('with $name', (mode) => {
  sandboxSuite(async () => {
    await using opening = new AsyncDisposableStack();
    const workplace = opening.use(await makeWorkplace(mode, suiteLimits));
    const driver = opening.use(await Driver.start({ as: mode.worker, env: {} }));
    const sandbox = await driver.open({ options: workplace.options, names: {}, ports: {}, quotaPollMs: 50 });
    if ('outcome' in sandbox) throw new Error(`${sandbox.reason}: ${sandbox.remedy}`);
    opening.use(sandbox);
    const opened = opening.move();
    const { workspace } = workplace.options;
    return { sandbox, workspace, live: workspace, [Symbol.asyncDispose]: () => opened.disposeAsync() };
  });
});
