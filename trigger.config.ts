import { aptGet } from '@trigger.dev/build/extensions/core';
import { defineConfig } from '@trigger.dev/sdk';
import { telemetry } from './runner/trigger-dev/telemetry.ts';

/** How Longhaul's worker is built and deployed as a task of Trigger.dev. See docs/trigger.md. */
export default defineConfig({
  project: process.env['TRIGGER_PROJECT_REF'] ?? 'proj_set_TRIGGER_PROJECT_REF',
  // With the suite's task, for `npm run test:trigger` on a real server.
  dirs: [
    './runner/trigger-dev/entries',
    ...(process.env['LONGHAUL_TRIGGER_SUITE'] === '1' ? ['./test/suites/trigger'] : []),
  ],
  // A worker of the embedded engine is no task.
  ignorePatterns: ['**/entries/child.ts'],
  runtime: 'node-24',
  machine: 'medium-1x',
  // Seconds of compute, waits left out. A run's own budget of active minutes comes first; this ends what hangs.
  maxDuration: 4 * 3600,
  // The control plane tries again, from the run's budget, where the log sees it.
  retries: { enabledInDev: false, default: { maxAttempts: 1 } },
  telemetry: telemetry(process.env),
  build: {
    // Brings a program of its own, which a bundle cannot hold; and what is loaded only where it is configured.
    external: ['@vscode/ripgrep', 'e2b', '@daytona/sdk'],
    extensions: [aptGet({ packages: ['git', 'ripgrep', 'bubblewrap', 'socat', 'util-linux'] })],
  },
});
