import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';

const projectRoot = path.resolve(import.meta.dirname, '../..');
const sources = path.join(projectRoot, 'runner/control/store/sqlite');
const cache = path.join(projectRoot, 'node_modules/.cache/longhaul-threads');
const dayMs = 86_400_000;

/**
 * Vitest's global set-up: bundles the store's two threads as they are in the source now. From their sources each thread loads sixty
 * modules; tests start hundreds of them. A folder is named by what is in it, so that runs beside each other share it and none is out of date.
 */
export default async function bundleThreads(): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: ['writer-thread', 'reader-thread'].map((name) => path.join(sources, `${name}.ts`)),
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    outdir: cache,
    outExtension: { '.js': '.mjs' },
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    write: false,
    logLevel: 'warning',
  });
  const hash = createHash('sha256');
  for (const { path: file, hash: content } of outputFiles) hash.update(`${file} ${content}\n`);
  const folder = path.join(cache, hash.digest('hex').slice(0, 16));
  process.env['LONGHAUL_TEST_THREADS'] = folder;
  if ((await stat(folder).catch(() => null)) !== null) return;
  for (const name of await readdir(cache).catch(() => [])) {
    const old = path.join(cache, name);
    const { mtimeMs } = await stat(old).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > dayMs) await rm(old, { recursive: true, force: true });
  }
  const made = `${folder}.${process.pid}`;
  await mkdir(made, { recursive: true });
  for (const { path: file, contents } of outputFiles) await writeFile(path.join(made, path.basename(file)), contents);
  // Another run may have been first.
  await rename(made, folder).catch(() => rm(made, { recursive: true, force: true }));
}
