#!/usr/bin/env node
import { realpathSync } from 'node:fs';

/** A feature of Node that is called experimental is our business, not that of the people who type commands. */
const quietWarnings = (): void => {
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    if (warning.name !== 'ExperimentalWarning') process.stderr.write(`${warning.name}: ${warning.message}\n`);
  });
};

/** The first Ctrl-C or SIGTERM is an answer that a command can act on; the second ends the process as it always does. */
const interruption = (): AbortSignal => {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
  return controller.signal;
};

/** node:sqlite without a flag came with 22.13 (nodejs.org/api/sqlite.html). */
const oldestNode = [22, 13] as const;

const isTooOld = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1]);
};

quietWarnings();
if (isTooOld(process.versions.node)) {
  process.stderr.write(
    `longhaul: This is Node.js ${process.versions.node}; Longhaul needs ${oldestNode.join('.')} or later.\n  Install it from https://nodejs.org, or with your version manager: nvm install 24\n`,
  );
  process.exitCode = 1;
} else if (process.argv[2] === 'worker-child') {
  // Before anything else is loaded: a run waits for this process to be there.
  const { runWorkerChild } = await import('./worker/start/child.ts');
  runWorkerChild();
} else {
  const [{ runCli }, { processTerminal }, { version }] = await Promise.all([
    import('./cli/program/program.ts'),
    import('./cli/terminal.ts'),
    import('./cli/version.ts'),
  ]);
  process.exitCode = await runCli(process.argv.slice(2), {
    terminal: processTerminal(),
    env: process.env,
    cwd: process.cwd(),
    self: [process.execPath, ...process.execArgv, realpathSync(process.argv[1] ?? '')],
    interrupted: interruption,
    version,
  });
}
