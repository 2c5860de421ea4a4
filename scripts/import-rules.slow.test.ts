import { execFile } from 'node:child_process';
import { cp, glob, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** What a module in a folder must not import: each nested `.oxlintrc.json` stands for itself, and inherits no other's list. */
const forbidden: Readonly<Record<string, readonly string[]>> = {
  shared: ['node:fs', 'vscode', '../runner/main.ts', '../extension/main.ts', '../test/harness/rig.ts'],
  runner: ['vscode', '../extension/main.ts', '../test/harness/rig.ts'],
  'runner/cli/commands': ['vscode', '../../../extension/main.ts', '../../../test/harness/rig.ts'],
  'runner/trigger-dev/engine': ['vscode', '../../../extension/main.ts', '../../../test/harness/rig.ts'],
  'runner/sandbox': [
    'vscode',
    '../../extension/main.ts',
    '../../test/harness/rig.ts',
    '../../shared/run/reduce.ts',
    '../worker/run/loop.ts',
    '../control/serve.ts',
    '../trigger-dev/deployment/deploy.ts',
    '../cli/context.ts',
  ],
  'runner/machine': [
    'vscode',
    '../../extension/main.ts',
    '../../test/harness/rig.ts',
    '../sandbox/sandbox.ts',
    '../worker/run/loop.ts',
    '../control/serve.ts',
    '../trigger-dev/deployment/deploy.ts',
    '../cli/context.ts',
  ],
  'runner/worker/run': [
    'vscode',
    '../../../extension/main.ts',
    '../../../test/harness/rig.ts',
    '../../control/serve.ts',
    '../../machine/repository/apply.ts',
    '../../trigger-dev/deployment/deploy.ts',
    '../../cli/context.ts',
    'kysely',
    'node:sqlite',
    '@octokit/rest',
    'fastify',
  ],
  'runner/control/usecases': [
    'vscode',
    '../../../extension/main.ts',
    '../../../test/harness/rig.ts',
    '../../worker/run/loop.ts',
    '../../sandbox/sandbox.ts',
    '../../cli/context.ts',
    'openai',
    'openai/resources',
  ],
  extension: ['../runner/main.ts', '../test/harness/rig.ts'],
  'extension/features/runs': ['../../../runner/main.ts', '../../../test/harness/rig.ts'],
  'extension/ground/runs': [
    '../../../runner/main.ts',
    '../../../test/harness/rig.ts',
    '../../features/runs/provider.ts',
  ],
};

const project = path.resolve(import.meta.dirname, '..');
/** A tree with the configurations of this project and nothing else, so that no probe ever lies among the sources. */
let tree: string;
beforeAll(async () => {
  tree = await mkdtemp(path.join(tmpdir(), 'longhaul-lint-'));
  for (const root of ['.', 'shared', 'runner', 'extension'])
    for await (const file of glob(root === '.' ? '.oxlintrc.json' : `${root}/**/.oxlintrc.json`, { cwd: project }))
      await cp(path.join(project, file), path.join(tree, file));
});
afterAll(() => rm(tree, { recursive: true }));

/** The rules that a module with this text breaks, each as often as it does. */
const broken = async (file: string, text: string): Promise<readonly string[]> => {
  await mkdir(path.join(tree, path.dirname(file)), { recursive: true });
  await writeFile(path.join(tree, file), text);
  const { promise, resolve } = Promise.withResolvers<string>();
  const oxlint = path.join(project, 'node_modules', '.bin', 'oxlint');
  // It exits with 1 where there is something to say.
  execFile(process.execPath, [oxlint, '--format', 'json', file], { cwd: tree }, (_error, stdout) => resolve(stdout));
  // safe: oxlint's own format
  const { diagnostics } = JSON.parse(await promise) as { readonly diagnostics: readonly { readonly code: string }[] };
  return diagnostics.map(({ code }) => code);
};
const importing = (modules: readonly string[]): string =>
  modules.map((module, index) => `export * as m${index} from '${module}';\n`).join('');

test.each(Object.entries(forbidden))('a module in %s imports nothing of what it must not', async (folder, modules) => {
  expect(await broken(`${folder}/probe.ts`, importing(modules))).toEqual(
    modules.map(() => 'eslint(no-restricted-imports)'),
  );
  expect(await broken(`${folder}/probe.test.ts`, importing(modules))).toEqual([]);
});

test.each(Object.keys(forbidden))('in %s the rules of the whole project hold as well', async (folder) => {
  expect(await broken(`${folder}/probe.ts`, 'export const probe: any = 1;\n')).toEqual(['typescript(no-explicit-any)']);
});
