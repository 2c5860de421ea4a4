import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig, type LoadedConfig } from './config.ts';
import { prefixOf, userBase } from './toolchain.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'config-'));
});
afterEach(() => rm(folder, { recursive: true }));

const load = async (
  text: string | null,
  sources: { flags?: Record<string, string>; env?: Record<string, string>; defaults?: Record<string, string> } = {},
): Promise<LoadedConfig> => {
  const file = join(folder, 'config.yaml');
  if (text !== null) await writeFile(file, text, { mode: 0o600 });
  return loadConfig({ flags: {}, env: {}, ...sources, file });
};

const problems = (loaded: LoadedConfig): readonly string[] => (loaded.outcome === 'invalid' ? loaded.problems : []);

describe('precedence', () => {
  const file = 'model:\n  name: from-file\n  api: chat\nleaseSeconds: 3\n';
  test.each([
    ['the file over the default', {}, 'from-file'],
    ['the environment over the file', { env: { LONGHAUL_MODEL: 'from-env' } }, 'from-env'],
    ['a flag over both', { env: { LONGHAUL_MODEL: 'from-env' }, flags: { 'model.name': 'from-flag' } }, 'from-flag'],
    ['an empty variable over nothing', { env: { LONGHAUL_MODEL: '' } }, 'from-file'],
  ])('%s', async (_, sources, name) => {
    const loaded = await load(file, sources);
    expect(loaded).toMatchObject({ outcome: 'ok', config: { model: { name, api: 'chat' }, leaseSeconds: 3 } });
  });

  test.each([
    ['nobody says anything', null, {}, null],
    ['the starter has a default', null, { defaults: { idleMinutes: '30' } }, 30],
    ['the file says never', 'idleMinutes: null', { defaults: { idleMinutes: '30' } }, null],
    ['a variable says never', 'idleMinutes: 5', { env: { LONGHAUL_IDLE_MINUTES: 'never' } }, null],
    ['a flag says a part of one', 'idleMinutes: 5', { flags: { idleMinutes: '0.5' } }, 0.5],
  ])('a runner goes when idle where %s', async (...[, text, sources, idleMinutes]) => {
    expect(await load(text, sources)).toMatchObject({ outcome: 'ok', config: { idleMinutes } });
  });

  test('everything has a default', async () => {
    const loaded = await load(null);
    expect(loaded).toMatchObject({
      outcome: 'ok',
      config: {
        model: { api: 'responses' },
        apiKey: null,
        server: { host: '127.0.0.1', port: 0 },
        budget: { turns: 60 },
      },
    });
  });

  test('a part of the budget leaves the rest as it is, and null lifts a limit', async () => {
    const loaded = await load('budget: { turns: 5, usd: null }');
    expect(loaded).toMatchObject({ outcome: 'ok', config: { budget: { turns: 5, usd: null, retries: 20 } } });
  });
});

describe('where runs are kept', () => {
  const url = 'postgres://ada:secret@db:5432/longhaul';
  test.each([
    ['in the home, unless said otherwise', null, {}, { kind: 'sqlite' }],
    [
      'by a URL in the environment',
      null,
      { env: { LONGHAUL_DATABASE_URL: url } },
      { kind: 'postgres', url, connections: 10 },
    ],
    [
      'by the file, whose URL is in the environment',
      'store: { kind: postgres, connections: 20 }',
      { env: { LONGHAUL_DATABASE_URL: url } },
      { kind: 'postgres', url, connections: 20 },
    ],
    ['by a socket', 'store: { url: "postgres:///longhaul?host=/run/postgresql" }', {}, { kind: 'postgres' }],
  ] as const)('%s', async (...[, text, sources, store]) => {
    expect(await load(text, sources)).toMatchObject({ outcome: 'ok', config: { store } });
  });

  test.each([
    ['of another kind of database', { env: { LONGHAUL_DATABASE_URL: 'mysql://ada:secret@db/longhaul' } }],
    ['that is none', { env: { LONGHAUL_DATABASE_URL: 'ada:secret@db' } }],
  ])('a URL %s is refused without being repeated', async (_, sources) => {
    expect(problems(await load(null, sources))).toEqual([
      'LONGHAUL_DATABASE_URL: expected postgres://user:password@host:port/database',
    ]);
  });

  test('a file with a URL that others can read is refused', async () => {
    const file = join(folder, 'config.yaml');
    await writeFile(file, `store: { url: "${url}" }\n`);
    await chmod(file, 0o644);
    expect(problems(await load(null))).toEqual([expect.stringContaining(`chmod 600 ${file}`)]);
  });
});

describe('a way into a forge', () => {
  const remote = (rest: string) => load(`remotes: [{ match: "https://gitlab.example.org/*", ${rest} }]`);

  test('is a token of GitLab’s, with its API at the same host unless said otherwise', async () => {
    expect(await remote('gitlab: { tokenVariable: T }, publish: true')).toMatchObject({
      outcome: 'ok',
      config: {
        remotes: [
          {
            github: null,
            gitlab: { tokenVariable: 'T', readTokenVariable: null, apiUrl: null, webhookSecretVariable: null },
          },
        ],
      },
    });
  });

  test.each([
    ['gitlab: { tokenVariable: T }, github: { tokenVariable: T }', 'exclude one another'],
    ['gitlab: { tokenVariable: T }, passwordVariable: T', 'exclude one another'],
    ['gitlab: { tokenVariable: T, apiUrl: "https://gitlab.example.org" }', '/api/v4'],
    ['gitlab: { apiUrl: "https://gitlab.example.org/api/v4" }', 'tokenVariable'],
  ])('is refused as { %s }', async (rest, why) => {
    expect(problems(await remote(rest)).join(' ')).toContain(why);
  });
});

describe('a trigger of the configuration', () => {
  const repository = 'https://git.example.org/acme/shop.git';
  const nightly = `repository: "${repository}", name: nightly, schedule: "0 3 * * *"`;

  test('is what a trigger’s file says, with its repository and its name, for all tenants or for one', async () => {
    const loaded = await load(
      `triggers: [{ ${nightly}, goal: Look. }]\ntenants: { team: { triggers: [{ ${nightly}, goal: Look better. }] } }`,
    );
    const definition = { name: 'nightly', origin: 'runner', outcome: 'scheduled' };
    expect(loaded).toMatchObject({
      outcome: 'ok',
      config: {
        triggers: [{ repository, definition: { ...definition, trigger: { goal: 'Look.', missed: 'once' } } }],
        tenants: {
          team: { triggers: [{ repository, definition: { ...definition, trigger: { goal: 'Look better.' } } }] },
        },
      },
    });
  });

  test.each([
    [`{ ${nightly} }`, /config\.yaml: triggers: 0: the trigger nightly cannot be used: goal: expected a goal/],
    [`{ ${nightly}, goal: x, every: day }`, /triggers: 0: the trigger nightly cannot be used: .*every/],
    ['{ repository: /src, name: a, schedule: soon, goal: x }', /triggers: 0: .*schedule: "soon" is no schedule/],
    ['{ repository: shop, name: a, schedule: "@daily", goal: x }', /triggers: 0\.repository: expected a URL/],
    ['{ repository: "https://ada:pw@x/y", name: a, schedule: "@daily", goal: x }', /without a user or a password/],
    ['{ repository: /src, name: A b, schedule: "@daily", goal: x }', /triggers: 0\.name: expected lower-case words/],
    ['nightly', /triggers: 0: /],
    [
      `{ ${nightly}, goal: x }, { repository: "https://git.example.org/acme/shop", name: nightly, on: { github: push, branch: main }, goal: x }`,
      /triggers: 1\.name: there is another trigger nightly/,
    ],
  ])('is refused as %s', async (text, expected) => {
    expect(problems(await load(`triggers: [${text}]`))).toEqual([expect.stringMatching(expected)]);
  });
});

describe('a bad value is named with where it came from', () => {
  test.each([
    ['of a flag', null, { flags: { 'server.port': 'eighty' } }, /^--port: /],
    ['of a variable', null, { env: { LONGHAUL_WORKERS: '0' } }, /^LONGHAUL_WORKERS: /],
    ['of a time that is none', null, { flags: { idleMinutes: 'soon' } }, /^--idle-minutes: /],
    ['of a URL that is none', null, { env: { OPENAI_BASE_URL: 'localhost' } }, /^OPENAI_BASE_URL: /],
    ['of a yes or no that is neither', null, { env: { LONGHAUL_BACKGROUND: 'perhaps' } }, /^LONGHAUL_BACKGROUND: /],
    ['of the file', 'leaseSeconds: soon', {}, /config\.yaml: leaseSeconds: /],
    [
      'of the file, below a list',
      'server: { tokens: [{ hash: x, name: a, tenant: t, role: admin }] }',
      {},
      /config\.yaml: server\.tokens: 0\.hash: expected the hex SHA-256/,
    ],
    [
      'of a check that a token is to make',
      'remotes: [{ match: "https://github.com/*", github: { tokenVariable: T, checkRuns: true } }]',
      {},
      /config\.yaml: remotes: 0\.github\.checkRuns: checks are made by an app alone: it needs appId/,
    ],
    ['of a setting that is not there', 'model: { nam: x }', {}, /config\.yaml: model\.nam: there is no such setting/],
    ['of a file that is no YAML', 'model: [', {}, /config\.yaml: /],
    ['of a file that is a list', '- 1', {}, /config\.yaml: expected settings/],
  ] as const)('%s', async (...[, text, sources, expected]) => {
    expect(problems(await load(text, sources))).toEqual([expect.stringMatching(expected)]);
  });

  test('a file with a key that others can read is refused', async () => {
    const file = join(folder, 'config.yaml');
    await writeFile(file, 'apiKey: sk-x\n');
    await chmod(file, 0o644);
    expect(problems(await load(null))).toEqual([expect.stringContaining(`chmod 600 ${file}`)]);
  });
});

test.each([
  ['/usr/bin/node', []],
  ['/opt/node/bin/node', ['/opt/node']],
  ['/home/ada/.nvm/versions/node/v24/bin/node', ['/home/ada/.nvm/versions/node/v24']],
  ['/home/ada/bin/node', ['/home/ada/bin']],
  ['/home/bin/node', ['/home/bin']],
])('the toolchain of %s is %j', (node, expected) => {
  expect(prefixOf(node, '/home/ada')).toEqual(expected);
});

test.each([
  ['         0          0 4294967295\n', 1_879_048_192],
  ['         0     100000      65536\n', 40_000],
])('users for sandboxes fit the map %j', (map, base) => {
  expect(userBase(map)).toBe(base);
});

test('with the API of Anthropic its own variables say who is asked, and another provider is told nothing', async () => {
  const env = {
    OPENAI_API_KEY: 'sk-openai',
    OPENAI_BASE_URL: 'https://models.example.org/v1',
    LONGHAUL_API: 'anthropic',
  };
  const load = async (more: Record<string, string>) => {
    const loaded = await loadConfig({ flags: {}, env: { ...env, ...more }, file: '/nowhere/config.yaml' });
    return loaded.outcome === 'ok' ? [loaded.config.model.baseUrl, loaded.config.apiKey] : loaded.problems;
  };
  expect(await load({})).toEqual(['https://api.anthropic.com/v1', null]);
  expect(await load({ ANTHROPIC_API_KEY: 'sk-ant', ANTHROPIC_BASE_URL: 'http://127.0.0.1:1/v1' })).toEqual([
    'http://127.0.0.1:1/v1',
    'sk-ant',
  ]);
});
