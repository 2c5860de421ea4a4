import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../runner/machine/config/config.ts';
import { calls, scripted, startFakeOpenAi, type FakeOpenAi } from '../fakes/openai/index.ts';
import { startFakeTrigger, type FakeTrigger } from '../fakes/trigger/index.ts';
import { repositoryWith } from '../harness/repository.ts';
import { openFolder, projectRoot } from '../harness/rig.ts';
import { Terminal } from '../harness/terminal.ts';

const page = readFileSync(path.join(projectRoot, 'docs/trigger.md'), 'utf8');

/** The commands of a block, a line each, one with a document below it in one piece, and without what is said of them. */
const commandsOf = (block: string): readonly string[] =>
  [...block.matchAll(/^.*<<'END'\n[^]*?^END$|^.+$/gm)].map(([command]) => command.replace(/ +# .*$/, ''));
/** What the page gives to type, by the block. */
const blocks = [...page.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block = '']) => commandsOf(block));
const [checkout = [], settings = [], work = [], deploying = [], serving = [], local = []] = blocks;

/** What is typed in a terminal of this test, and what takes more than this machine has. */
const followed = new Set([...checkout, ...settings, ...work, ...serving]);
const notHere = new Map([
  [deploying[0], 'the variables of what follows'],
  ['longhaul deploy --dry-run', 'trigger-deploy.test.ts'],
  // The build itself is done by Trigger.dev's Cloud, or by Docker.
  ['longhaul deploy', 'trigger-deploy.test.ts, with --no-build'],
  [local[0], 'the variables of what follows'],
  ['longhaul deploy --local-build', 'needs Docker'],
]);

test('every command of the page is followed here, or it says why not', () => {
  const open = blocks.flat().filter((command) => !followed.has(command) && !notHere.has(command));
  expect({ blocks: blocks.length, open, fences: page.match(/^```(?!sh|yaml)\S/gm) }).toEqual({
    blocks: 6,
    open: [],
    fences: null,
  });
});

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return typeof address === 'object' && address !== null ? address.port : 0;
};

/** A checkout as somebody has it who has set it up and built it, of whom nobody else builds in it. */
const checkOut = async (folder: string): Promise<void> => {
  await mkdir(folder);
  const left = new Set(['node_modules', '.git', '.trigger', 'test', 'out']);
  const names = readdirSync(projectRoot).filter((name) => !left.has(name));
  // With its times: what is built already is not built again.
  execFileSync('cp', ['-a', ...names.map((name) => path.join(projectRoot, name)), folder]);
  await symlink(path.join(projectRoot, 'node_modules'), path.join(folder, 'node_modules'));
};

describe('docs/trigger.md, followed from its first line on a server of one’s own', () => {
  let folder: string;
  let fake: FakeTrigger;
  let model: FakeOpenAi;
  let port: number;
  let env: Record<string, string>;

  beforeAll(async () => {
    folder = await openFolder('longhaul-page-');
    await checkOut(path.join(folder, 'checkout'));
    fake = await startFakeTrigger({ secretKey: 'tr_dev_fake', checkpoints: false });
    model = await startFakeOpenAi({
      script: scripted([
        calls('write', { path: 'parser.test.js', content: 'done\n' }),
        calls('finish', { summary: 'A test for the parser.', claims: [] }),
      ]),
    });
    port = await freePort();
    const node = path.dirname(process.execPath);
    env = {
      PATH: `${folder}/prefix/bin:${node}:${process.env['PATH'] ?? ''}`,
      HOME: folder,
      TMPDIR: folder,
      NO_COLOR: '1',
      // A person may do what `npm link` does; and nothing of this needs the network.
      npm_config_prefix: `${folder}/prefix`,
      npm_config_offline: 'true',
      npm_config_update_notifier: 'false',
      TRIGGER_TELEMETRY_DISABLED: '1',
      OPENAI_BASE_URL: model.url,
      LONGHAUL_MODEL: 'scripted',
    };
  });
  afterAll(async () => {
    // Where a test failed before it came to that.
    await using terminal = new Terminal({ cwd: folder, env });
    for (const command of [...checkout, ...settings].filter((each) => each.startsWith('export')))
      await terminal.run(own(command));
    await terminal.run('longhaul stop');
    await model[Symbol.asyncDispose]();
    await fake[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  /** As somebody types it who has a server, keys and a port of their own. */
  const own = (command: string): string =>
    command
      .replaceAll('https://api.trigger.dev', fake.url)
      .replaceAll('proj_…', 'proj_fake')
      .replaceAll('tr_dev_…', fake.secretKey)
      .replaceAll('tr_prod_…', fake.secretKey)
      .replaceAll('sk-…', model.apiKey)
      .replaceAll('4870', String(port))
      .replaceAll('0.0.0.0', '127.0.0.1')
      .replaceAll('/var/lib/longhaul', path.join(folder, 'served'));

  test('the official trigger dev works on a run that longhaul delegates', async () => {
    await using first = new Terminal({ cwd: path.join(folder, 'checkout'), env });
    for (const command of checkout.slice(0, -1)) expect(await first.run(own(command))).toMatchObject({ code: 0 });
    await first.start(own(checkout.at(-1) ?? ''), /Local worker ready/);

    await using second = new Terminal({ cwd: await repositoryWith({ 'parser.js': 'parsed\n' }), env });
    // "with the same variables"
    for (const command of checkout.filter((each) => each.startsWith('export'))) await second.run(own(command));
    for (const command of settings.slice(0, -1)) expect(await second.run(own(command))).toMatchObject({ code: 0 });
    const doctor = await second.run(own(settings.at(-1) ?? ''));
    expect(doctor).toMatchObject({ code: 0 });
    for (const says of [`Trigger.dev at ${fake.url}`, 'tasks run in trigger dev', 'its stream answers'])
      expect(doctor.said).toContain(says);

    const [delegate = '', stop = ''] = work;
    const delegated = await second.run(own(delegate));
    const [task] = fake.world.runs;
    await fake.world.until(() => (task?.status === 'EXECUTING' ? undefined : true));
    expect({ ...delegated, tasks: fake.world.runs.length, status: task?.status, task: task?.task }).toMatchObject({
      code: 3,
      said: expect.stringContaining('parser.test.js') as string,
      tasks: 1,
      status: 'COMPLETED',
      task: 'longhaul-run',
    });
    expect(task?.tags).toContain('ended:reviewing');
    expect(await second.run(own(stop))).toMatchObject({ code: 0 });
  });

  test('what config.yaml is said to hold is what a runner takes', async () => {
    const [, yaml = ''] = /^```yaml\n([^]*?)^```$/m.exec(page) ?? [];
    expect(yaml).toContain('/var/lib/longhaul/config.yaml');
    await using terminal = new Terminal({ cwd: folder, env });
    const [home = '', key = '', doctor = '', serve = ''] = serving;
    await terminal.run(`export TRIGGER_API_URL=${fake.url} OPENAI_API_KEY=${model.apiKey}`);
    for (const command of [home, key]) expect(await terminal.run(own(command))).toMatchObject({ code: 0 });
    await terminal.run(`mkdir -p "$LONGHAUL_HOME"; cat > "$LONGHAUL_HOME/config.yaml" <<'END'\n${own(yaml)}END`);
    const file = path.join(folder, 'served', 'config.yaml');
    expect(await loadConfig({ file, env: {}, flags: {} })).toMatchObject({
      outcome: 'ok',
      config: {
        engine: { kind: 'trigger', waits: 'end', ttlSeconds: 3600, machine: 'medium-1x', version: null },
        limits: { workers: 20, perTenant: 5, perRepository: 2 },
      },
    });
    expect((await terminal.run(own(doctor))).said).toContain(`Trigger.dev at ${fake.url}`);
    await terminal.start(own(serve), new RegExp(`:${port}`));
  });
});
