// Bundles the runner into dist/, and does nothing, in milliseconds, when nothing it is made of has changed.
//
//   dist/longhaul.mjs        the command line and the control plane
//   dist/worker-child.mjs    what a worker process loads
//   dist/reader-thread.mjs   the store's thread that reads the feed, beside it as well
//   dist/writer-thread.mjs   the store's writing thread, looked for beside whatever chunk holds the store
//
// Commands are chunks that are loaded when they are used, so that each starts fast.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = path.join(root, 'dist');
const manifest = path.join(dist, 'build.json');

const entries = {
  longhaul: 'runner/main.ts',
  'worker-child': 'runner/worker/start/child.ts',
  'reader-thread': 'runner/control/store/sqlite/reader-thread.ts',
  'writer-thread': 'runner/control/store/sqlite/writer-thread.ts',
};

/** Sources by path, size and time of change: cheap to take, and different whenever a file was written. */
const fingerprint = async (files) => {
  const stamps = await Promise.all(
    files.map(async (file) => {
      const { size, mtimeMs } = await stat(path.join(root, file)).catch(() => ({ size: -1, mtimeMs: 0 }));
      return `${file} ${size} ${mtimeMs}`;
    }),
  );
  return createHash('sha256').update(stamps.join('\n')).digest('hex');
};

/** The folder itself is one of the sources: a recipe more or less changes its time. */
const recipeFolder = 'runner/control/recipes';
const recipeFiles = async () =>
  (await readdir(path.join(root, recipeFolder))).filter((file) => file.endsWith('.md')).toSorted();

/** Puts the texts of the built-in recipes in the place of the module that reads them from its folder. */
const recipeTexts = {
  name: 'recipe-texts',
  setup: ({ onLoad }) => {
    onLoad({ filter: /\/runner\/control\/recipes\/index\.ts$/ }, async () => {
      const texts = {};
      for (const file of await recipeFiles())
        texts[path.basename(file, '.md')] = await readFile(path.join(root, recipeFolder, file), 'utf8');
      return { contents: `export const builtInRecipes = ${JSON.stringify(texts)};` };
    });
  },
};

const upToDate = async () => {
  try {
    const { inputs, outputs, hash } = JSON.parse(await readFile(manifest, 'utf8'));
    return outputs.every((file) => existsSync(path.join(dist, file))) && (await fingerprint(inputs)) === hash;
  } catch {
    return false;
  }
};

/**
 * CommonJS that is loaded by a dynamic import has its names in Node, and in a bundle only `default`: it works in every test on the
 * sources and in no program. A sentence for each such import.
 */
const dynamicCommonJs = ({ inputs }) =>
  Object.entries(inputs).flatMap(([file, { imports }]) =>
    imports
      .filter(({ kind, path: to }) => kind === 'dynamic-import' && inputs[to]?.format === 'cjs')
      .map(({ path: to }) => `${file} imports ${to} dynamically: import it statically in a module that is.`),
  );

const build = async () => {
  const { build: bundle } = await import('esbuild');
  const result = await bundle({
    absWorkingDir: root,
    entryPoints: entries,
    plugins: [recipeTexts],
    outdir: 'dist',
    outExtension: { '.js': '.mjs' },
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22.13',
    // What only a runner beyond one machine needs comes with the npm package, and not into every editor.
    external: ['pg', '@aws-sdk/*', '@trigger.dev/*', 'e2b', '@daytona/sdk'],
    minifySyntax: true,
    // Names stay: they are what a trace in a log has to go by.
    minifyWhitespace: true,
    sourcemap: 'linked',
    sourcesContent: false,
    // Their CommonJS parts call require() for what is Node's own.
    banner: {
      js: "import { createRequire as nodeRequire } from 'node:module'; const require = nodeRequire(import.meta.url);",
    },
    legalComments: 'linked',
    logLevel: 'warning',
    metafile: true,
    write: false,
  });
  const fragile = dynamicCommonJs(result.metafile);
  if (fragile.length > 0) throw new Error(`The bundle would break: ${fragile.join(' ')}`);
  await mkdir(dist, { recursive: true });
  // Each file in one step: a runner that is starting meanwhile must not read half of one.
  for (const { path: file, contents } of result.outputFiles) {
    await writeFile(`${file}.new`, contents);
    await rename(`${file}.new`, file);
  }
  const outputs = result.outputFiles.map((file) => path.basename(file.path));
  const own = new Set([...outputs, path.basename(manifest)]);
  const before = await outputsBefore();
  await Promise.all(before.filter((file) => !own.has(file)).map((file) => rm(path.join(dist, file), { force: true })));
  await chmod(path.join(dist, 'longhaul.mjs'), 0o755);
  const recipes = [recipeFolder, ...(await recipeFiles()).map((file) => `${recipeFolder}/${file}`)];
  const inputs = ['scripts/build.mjs', 'package-lock.json', ...recipes, ...Object.keys(result.metafile.inputs)];
  await writeFile(manifest, JSON.stringify({ inputs, outputs, hash: await fingerprint(inputs) }));
};

/** Chunks of earlier builds. Other things that may lie in dist/ are left alone. */
const outputsBefore = async () =>
  (await readdir(dist)).filter((file) => /^[a-zA-Z-]+(-[A-Z0-9]{8})?\.mjs(\.map|\.LEGAL\.txt)?$/.test(file));

if (!(await upToDate())) {
  const started = performance.now();
  await build();
  process.stderr.write(`longhaul: built dist/ in ${Math.round(performance.now() - started)} ms\n`);
}
