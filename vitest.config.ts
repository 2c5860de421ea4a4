import { availableParallelism } from 'node:os';
import path from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';

/** What is long by nature, whatever kind it is of: `npm run test:deep` alone runs it. */
const deep = '**/*.deep.test.ts';
/** What starts processes by the hundred, half a minute of them and more on two slow cores: nobody who just came waits for it, CI always does. */
const slow = '**/*.slow.test.ts';

/** One project per kind of test: what they need and how long they may take differs. */
const project = (
  name: string,
  include: string[],
  rest: {
    testTimeout?: number;
    hookTimeout?: number;
    exclude?: string[];
    isolate?: boolean;
    maxWorkers?: number;
    setupFiles?: string[];
  } = {},
) => ({
  test: {
    name,
    include,
    pool: 'forks' as const,
    exclude: [...configDefaults.exclude, deep, slow],
    ...rest,
    setupFiles: ['test/harness/start-bundled-threads.ts', ...(rest.setupFiles ?? [])],
  },
});

/** Only root can play a container or a machine, and give commands a user of their own in it. */
const rootOnly = process.getuid?.() === 0 ? [] : ['**/*.root.test.ts'];

/** Of `npm test`: half of the time its tests wait, for other processes and for time to pass. */
const waiting = { maxWorkers: 2 * availableParallelism() };

/**
 * Node strips the types of what a thread loads with a program in WebAssembly. Isolates of one process share V8's registry of such code, and
 * Node 24 aborts once in some ten thousand threads ("Check failed: jit_page.has_value()"). From this cache threads take what was stripped
 * before. Bundles have no types to strip.
 */
process.env['NODE_COMPILE_CACHE'] ??= path.join(import.meta.dirname, 'node_modules', '.cache', 'longhaul-node');

/** Where CI wants the counts of every run of tests, beside what a person reads. */
const results = process.env['LONGHAUL_TEST_RESULTS'];

export default defineConfig({
  test: {
    globalSetup: ['test/harness/bundled-threads.ts'],
    // Most tests wait for other processes; the default leaves one core out.
    maxWorkers: '100%',
    // What is polled for comes when it comes; the test's own limit says when it hangs.
    expect: { poll: { timeout: 60_000 } },
    reporters:
      results === undefined
        ? ['default']
        : ['default', ['json', { outputFile: path.join(results, `${process.pid}.json`) }]],
    projects: [
      project(
        'unit',
        ['shared/**/*.test.ts', 'runner/**/*.test.ts', 'extension/**/*.test.ts', 'scripts/**/*.test.ts'],
        {
          testTimeout: 600_000,
          isolate: false,
          ...waiting,
        },
      ),
      project('integration', ['test/integration/**/*.test.ts'], {
        testTimeout: 300_000,
        hookTimeout: 300_000,
        isolate: false,
        ...waiting,
      }),
      project('slow', [`{shared,runner,extension,scripts,test}/${slow}`], {
        testTimeout: 600_000,
        hookTimeout: 300_000,
        exclude: configDefaults.exclude,
        isolate: false,
        ...waiting,
      }),
      project('deep', [`{shared,runner,extension,test}/${deep}`], {
        testTimeout: 1_200_000,
        hookTimeout: 300_000,
        exclude: configDefaults.exclude,
      }),
      // What takes minutes: every API procedure with 10,000 inputs, every attack, a kill at every event.
      project('fuzz', ['test/fuzz/**/*.test.ts'], { testTimeout: 900_000, hookTimeout: 300_000 }),
      project('attack', ['test/attack/**/*.test.ts'], {
        testTimeout: 600_000,
        hookTimeout: 600_000,
        exclude: rootOnly,
      }),
      // A real VS Code workbench with the packed extension: npm run test:editor.
      // A workbench, its browser and a runner for each: two at a time, however many cores there are.
      project('editor', ['test/editor/**/*.test.ts'], {
        testTimeout: 600_000,
        hookTimeout: 600_000,
        maxWorkers: 2,
        setupFiles: ['test/editor/at-failure.ts'],
      }),
      // The engine suite on a real Trigger.dev: npm run test:trigger.
      project('trigger', ['test/trigger/**/*.test.ts'], { testTimeout: 180_000, hookTimeout: 180_000 }),
      // A virtual clock, and a scheduler that a seed decides. The 100,000 of `npm run test:deep` take 70 minutes of processor time.
      project('simulation', ['test/simulation/**/*.test.ts'], {
        testTimeout: 14_400_000,
        hookTimeout: 300_000,
        ...waiting,
      }),
      project('chaos', ['test/chaos/**/*.test.ts'], { testTimeout: 2_400_000, hookTimeout: 300_000 }),
    ],
  },
});
