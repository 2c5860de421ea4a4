import path from 'node:path';
import { build } from 'esbuild';

/** Bundles a program into one file that VS Code can load into its extension host. */
export const bundleForHost = async (entry: string, outfile: string): Promise<void> => {
  await build({
    entryPoints: [entry],
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

/** The same, of the suite. */
export const bundleSuite = (outfile: string): Promise<void> =>
  bundleForHost(path.join(import.meta.dirname, 'index.ts'), outfile);
