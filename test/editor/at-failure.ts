import { beforeEach, onTestFailed } from 'vitest';
import { picture } from './steps.ts';
import { windows } from './workbench.ts';

/** What a window asks and says, in what lies over its views. */
const said = '.quick-input-widget, .monaco-dialog-box, .notification-toast, .context-view .monaco-menu';

// For each file of this kind: whoever reads that a test failed reads what its windows showed then, and finds a picture of each.
beforeEach(({ task }) => {
  onTestFailed(async () => {
    const name = `failed ${task.name.replaceAll(/\W+/g, ' ').slice(0, 60)}`;
    const shown = [...windows].map(async (page, index) => {
      await picture(page, index === 0 ? name : `${name} ${index + 1}`);
      const texts = await page.locator(said).filter({ visible: true }).allInnerTexts();
      return `window ${index + 1} is “${await page.title()}” and says: ${JSON.stringify(texts)}`;
    });
    // A window may be closed just then.
    const told = (await Promise.allSettled(shown)).map((one) =>
      one.status === 'fulfilled' ? one.value : `a window was gone: ${String(one.reason)}`,
    );
    for (const error of task.result?.errors ?? []) error.stack = [error.stack ?? error.message, ...told].join('\n');
  });
});
