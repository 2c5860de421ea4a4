import { defineConfig } from 'vitest/config';

/** One project per kind of test: what they need and how long they may take differs. */
const project = (name: string, include: string[], rest: { testTimeout?: number; fileParallelism?: boolean } = {}) => ({
  test: { name, include, pool: 'forks' as const, ...rest },
});

export default defineConfig({
  test: {
    projects: [
      project('unit', ['shared/**/*.test.ts', 'runner/**/*.test.ts']),
      project('integration', ['test/integration/**/*.test.ts'], { testTimeout: 60_000 }),
      project('attack', ['test/attack/**/*.test.ts'], { testTimeout: 120_000 }),
      project('chaos', ['test/chaos/**/*.test.ts'], { testTimeout: 900_000 }),
    ],
  },
});
