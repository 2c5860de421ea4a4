import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { startFakeGitHubApps } from '../../../test/fakes/github/apps.ts';
import { loadConfig } from '../../machine/config/config.ts';
import type { RemoteConfig } from '../../machine/config/remote-config.ts';
import { openRemotes } from './remotes.ts';

const remote = (match: string, different: Partial<RemoteConfig> = {}): RemoteConfig => ({
  match,
  username: 'reader',
  passwordVariable: null,
  github: null,
  gitlab: null,
  publish: false,
  ...different,
});

test('a project of GitLab’s is read by the token of its entry, and by one that can only read where there is one', async () => {
  const gitlab = { tokenVariable: 'GITLAB', readTokenVariable: null, apiUrl: null, webhookSecretVariable: null };
  const open = (env: Readonly<Record<string, string>>) =>
    openRemotes([remote('https://gitlab.example.org/*', { gitlab, publish: true })], env).allowed(
      'https://gitlab.example.org/acme/tools/shop.git',
    );
  const reading = [remote('https://gitlab.example.org/*', { gitlab: { ...gitlab, readTokenVariable: 'READ' } })];
  expect(
    await openRemotes(reading, { GITLAB: 'glpat-x', READ: 'glpat-r' })
      .allowed('https://gitlab.example.org/acme/shop')
      ?.credential(),
  ).toEqual({ username: 'oauth2', password: 'glpat-r' });
  expect(await open({ GITLAB: 'glpat-x' })?.credential()).toEqual({ username: 'oauth2', password: 'glpat-x' });
  expect(open({})?.publishing?.forge?.name).toBe('GitLab');
  await expect(open({})?.credential()).rejects.toThrow(/environment has no GITLAB/);
});

describe('a runner reads', () => {
  const remotes = openRemotes(
    [
      remote('https://git.example.org/team/*', { passwordVariable: 'TEAM' }),
      remote('https://git.example.org/*'),
      remote('http://127.0.0.1:8080/x.git'),
      remote('file:///srv/git/*'),
    ],
    { TEAM: 'team-token', OTHER: 'other' },
  );

  test.each([
    ['https://git.example.org/team/project.git', { username: 'reader', password: 'team-token' }],
    ['HTTPS://GIT.example.org:443/team/project.git', { username: 'reader', password: 'team-token' }],
    ['https://git.example.org/others/project.git', null],
    ['https://git.example.org/team/../others/project.git', null],
    ['https://git.example.org/team/%2e%2e/others/project.git', null],
    ['https://git.example.org/team/a%20b/project.git', { username: 'reader', password: 'team-token' }],
    ['http://127.0.0.1:8080/x.git', null],
    ['file:///srv/git/x.git', null],
  ])('%s, with what it has for it', async (url, credential) => {
    expect(await remotes.allowed(url)?.credential()).toEqual(credential);
  });

  test.each([
    'https://git.example.org.evil.test/team/project.git',
    'https://evil.test/https://git.example.org/team/x',
    'http://git.example.org/team/project.git',
    'https://git.example.org:8443/team/project.git',
    'http://127.0.0.1:8080/x.git/more',
    'http://127.0.0.1:80801/x.git',
    'file:///srv/git/../../etc/passwd',
    'https://git.example.org/team/..%2fothers/project.git',
    'https://git.example.org/team/..%2Fothers/project.git',
    'https://git.example.org/team/%2e%2e%2fothers/project.git',
    'https://git.example.org/team/..%5cothers/project.git',
    'https://git.example.org/team/..%252fothers/project.git',
    'https://git.example.org/team/x%2e%2e/others',
    'https://git.example.org/team/%00/others',
    'https://git.example.org/team/%0a/others',
    'https://git.example.org/team/%7f/others',
    'file:///srv/git/..%2f..%2fetc/passwd',
    'ext::sh -c true',
    '',
  ])('nothing from %s', (url) => {
    expect(remotes.allowed(url)).toBeNull();
  });

  test('nothing at all where nothing is named', () => {
    expect(openRemotes([], {}).allowed('https://git.example.org/team/project.git')).toBeNull();
  });

  test('with no token where its variable is not set, and says which', async () => {
    const [only] = [openRemotes([remote('https://git.example.org/*', { passwordVariable: 'TEAM' })], {})];
    await expect(only.allowed('https://git.example.org/x')?.credential()).rejects.toMatchObject({
      name: 'Trouble',
      message: expect.stringContaining('has no TEAM'),
    });
  });
});

test.each([
  ['https://*.example.org/*'],
  ['https://*'],
  ['https://user:secret@git.example.org/*'],
  ['ssh://git.example.org/*'],
  ['https://git.example.org'],
])('a setting that could mean more than was meant is refused: %s', async (match) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'config-'));
  const file = path.join(folder, 'config.yaml');
  await writeFile(file, JSON.stringify({ remotes: [{ match }] }));
  expect(await loadConfig({ flags: {}, env: {}, file })).toMatchObject({
    outcome: 'invalid',
    problems: [expect.stringContaining('expected a URL such as https://git.example.org/*')],
  });
  await rm(folder, { recursive: true });
});

describe('a GitHub app', () => {
  const open = async () => {
    const github = await startFakeGitHubApps('acme', ['rocket']);
    const folder = await mkdtemp(path.join(tmpdir(), 'app-'));
    const privateKeyFile = path.join(folder, 'key.pem');
    await writeFile(privateKeyFile, github.privateKey, { mode: 0o600 });
    const app = {
      appId: github.appId,
      installationId: null,
      privateKeyFile,
      checkRuns: false,
      apiUrl: github.url,
      webhookSecretVariable: null,
    };
    const ask = (url: string, different: Partial<typeof app> = {}) =>
      openRemotes([remote('https://github.com/*', { github: { ...app, ...different } })], {})
        .allowed(url)
        ?.credential();
    return {
      github,
      privateKeyFile,
      ask,
      async [Symbol.asyncDispose]() {
        await github[Symbol.asyncDispose]();
        await rm(folder, { recursive: true });
      },
    };
  };

  test('makes a token to read the one repository, anew for whoever asks', async () => {
    await using opened = await open();
    const first = await opened.ask('https://github.com/acme/rocket.git');
    const second = await opened.ask('https://github.com/acme/rocket');
    const { tokens } = opened.github;
    expect([first, second]).toEqual(tokens.map(({ token }) => ({ username: 'x-access-token', password: token })));
    expect(tokens).toHaveLength(2);
    for (const token of tokens)
      expect(token).toMatchObject({ repositories: ['rocket'], permissions: { contents: 'read' } });
  });

  const rocket = 'https://github.com/acme/rocket';
  const wrong: readonly (readonly [string, { url: string; app?: object }, RegExp])[] = [
    ['a repository that it is not installed on', { url: 'https://github.com/acme/secret.git' }, /acme\/secret \(404/],
    ['what is no repository', { url: 'https://github.com/acme' }, /is no repository of GitHub's/],
    ['another app’s key', { url: rocket, app: { appId: '1' } }, /\(401: Integration not found/],
    ['a key that is not there', { url: rocket, app: { privateKeyFile: '/nonexistent' } }, /cannot be read/],
  ];
  test.each(wrong)('gives none for %s, and says why', async (_, { url, app = {} }, message) => {
    await using opened = await open();
    await expect(opened.ask(url, app)).rejects.toMatchObject({
      name: 'Trouble',
      message: expect.stringMatching(message),
    });
    expect(opened.github.tokens).toEqual([]);
  });

  test('whose key others can read is not used', async () => {
    await using opened = await open();
    await chmod(opened.privateKeyFile, 0o644);
    await expect(opened.ask('https://github.com/acme/rocket')).rejects.toThrow('Others can read the private key');
  });
});
