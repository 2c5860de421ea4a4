import path from 'node:path';
import { build } from 'esbuild';

/** Bundles the suite into one file that VS Code can load into its extension host. */
export const bundleSuite = async (outfile: string): Promise<void> => {
  await build({
    entryPoints: [path.join(import.meta.dirname, 'index.ts')],
    outfile,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node22.13',
    external: ['vscode'],
    sourcemap: 'inline',
    logLevel: 'warning',
  });
};
