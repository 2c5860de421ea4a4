// The editor, for a person to try: builds and packs the extension, installs it into a real VS Code workbench (code-server)
// on a small repository with failing tests, and prints the address to open. Until Ctrl-C.
//   npm run demo:editor [-- --port 8377]
// With OPENAI_API_KEY or OPENAI_BASE_URL a real model does the work; without, a scripted one over real HTTP.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { packedExtension } from '../test/editor/packed.ts';
import { copySample } from '../test/editor/place.ts';
import { Workbench } from '../test/editor/workbench.ts';
import { startFakeOpenAi } from '../test/fakes/openai/index.ts';
import demoModel from './demo-model.ts';

const { values } = parseArgs({ options: { port: { type: 'string', default: '8377' } } });
const root = path.resolve(import.meta.dirname, '..');
// As root, commands run as another user, which must be able to enter this folder: it lies in the world's /tmp.
const folder = path.join(tmpdir(), `longhaul-demo-editor-${process.getuid?.() ?? 'user'}`);
const repository = path.join(folder, 'corner-shop');
const home = path.join(folder, 'home');

const stopRunner = (env) => spawnSync(process.execPath, [path.join(root, 'dist', 'longhaul.mjs'), 'stop'], { env });

const real = process.env['OPENAI_API_KEY'] !== undefined || process.env['OPENAI_BASE_URL'] !== undefined;
const { OPENAI_API_KEY, OPENAI_BASE_URL, LONGHAUL_MODEL, LONGHAUL_API } = process.env;
const fromHere = { OPENAI_API_KEY, OPENAI_BASE_URL, LONGHAUL_MODEL, LONGHAUL_API };

// A runner of an earlier demo has nothing to wait for.
stopRunner({ ...process.env, LONGHAUL_HOME: home });
await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
await chmod(folder, 0o711);
await copySample(repository);

const model = real ? null : await startFakeOpenAi({ script: demoModel, paceMs: 40 });
const env = {
  LONGHAUL_HOME: home,
  ...(model === null
    ? Object.fromEntries(Object.entries(fromHere).filter(([, value]) => value !== undefined))
    : { OPENAI_BASE_URL: model.url, OPENAI_API_KEY: model.apiKey, LONGHAUL_MODEL: 'scripted' }),
};
const workbench = await Workbench.start({
  folder: path.join(folder, 'code'),
  vsix: packedExtension(),
  env,
  port: Number(values.port),
});

console.log(`
${
  real
    ? 'Longhaul in VS Code, with your model.'
    : 'Longhaul in VS Code, with a SCRIPTED model that knows one task: mend the failing tests of this repository.\nSet OPENAI_API_KEY to see a real one at work.'
}

  Open  ${workbench.url}/?folder=${encodeURIComponent(repository)}

Right-click on src/cart.js, "Delegate to Background Agent…", say "Mend the failing tests", and press Enter through the rest.
Ctrl-C ends it.`);

await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
await workbench[Symbol.asyncDispose]();
stopRunner({ ...process.env, ...env });
await model?.[Symbol.asyncDispose]();
