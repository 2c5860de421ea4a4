import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Project } from './project.ts';

export interface BuildOptions {
  readonly environment: string;
  readonly dryRun: boolean;
  /** Build the image with this machine's Docker: what a self-hosted Trigger.dev needs. */
  readonly localBuild: boolean;
  readonly env: NodeJS.ProcessEnv;
  /** Of its output, a line at a time. */
  readonly onLine: (line: string) => void;
}

export type Built =
  | { readonly outcome: 'ok'; readonly detail: string }
  | { readonly outcome: 'failed'; readonly detail: string };

const keptLines = 12;

/** Runs the official command line's deploy in the checkout. Its keys are in its environment. */
export const buildTask = async ({ root, cli }: Project, options: BuildOptions): Promise<Built> => {
  const { environment, dryRun, localBuild, env, onLine } = options;
  const words = ['deploy', '--env', environment, '--skip-update-check', '--plain'];
  if (dryRun) words.push('--dry-run');
  if (localBuild) words.push('--local-build');
  const child = spawn(process.execPath, [cli, ...words], {
    cwd: root,
    env: { ...env, TRIGGER_TELEMETRY_DISABLED: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const last: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => {
      if (line.trim() === '') return;
      onLine(line);
      last.push(line);
      if (last.length > keptLines) last.shift();
    });
  const [code] = await once(child, 'close');
  return code === 0
    ? { outcome: 'ok', detail: last.findLast((line) => /version|complete/i.test(line)) ?? 'done' }
    : { outcome: 'failed', detail: last.join('\n') };
};
