import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { calls, scripted, type Asked, type Script } from '../fakes/openai/index.ts';
import { startGitHttp, type GitHttp } from '../harness/git-http.ts';
import { gitIn, repositoryWith } from '../harness/repository.ts';
import { openFolder, Rig } from '../harness/rig.ts';

/** Put together here, so that nobody who looks this file over finds one. */
const token = ['ghp', 'a1B2'.repeat(9)].join('_');
const withToken = scripted([
  calls('write', { path: 'token.js', content: `export const token = '${token}';\n` }),
  calls('finish', { summary: 'Kept.', claims: [] }),
]);

const withoutToken = scripted([
  calls('write', { path: 'sum.js', content: 'export const sum = (a, b) => a + b;\n' }),
  ({ entries }: Asked) =>
    calls('finish', {
      summary:
        'Adds, where it subtracted. Closes #1, says @somebody: see https://evil.example.org ![x](http://evil.example.org/x.png)',
      claims: [{ text: 'It adds', calls: [entries.find(({ by }) => by === 'call')!.call!] }],
    }),
  calls('write', { path: 'more.js', content: 'export const more = 1;\n' }),
  calls('finish', { summary: 'And more.', claims: [] }),
]);

const script: Script = (asked, place) =>
  (asked.entries.some(({ text }) => text.includes('Keep the token')) ? withToken : withoutToken)(asked, place);

const password = `pw-${randomBytes(12).toString('hex')}`;

describe('a result is published to a plain remote', () => {
  let rig: Rig;
  let git: GitHttp;
  let bare: string;
  let clone: string;

  beforeAll(async () => {
    const remotes = await openFolder('longhaul-remotes-');
    bare = path.join(remotes, 'team', 'shop.git');
    git = await startGitHttp(remotes, { username: 'writer', password });
    clone = await repositoryWith({ 'sum.js': 'export const sum = (a, b) => a - b;\n', 'package.json': '{}\n' });
    gitIn(remotes, 'init', '--quiet', '--bare', '--initial-branch=main', bare);
    gitIn(bare, 'config', 'http.receivepack', 'true');
    gitIn(clone, 'remote', 'add', 'origin', bare);
    gitIn(clone, 'push', '--quiet', 'origin', 'HEAD:main');
    gitIn(clone, 'remote', 'set-url', 'origin', `${git.url}/team/shop.git`);
    rig = await Rig.start({
      script,
      env: { WRITE_TOKEN: password },
      config: {
        remotes: [
          { match: `${git.url}/team/*`, username: 'writer', passwordVariable: 'WRITE_TOKEN', publish: true },
          { match: `${git.url}/others/*` },
        ],
      },
    });
  });
  afterAll(async () => {
    await rig[Symbol.asyncDispose]();
    await git[Symbol.asyncDispose]();
  });

  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await rig.cli(args, { cwd: clone });
    return { code, stdout, stderr };
  };
  const delegated = async (goal = 'Mend the sum', verification = 'grep -q "a + b" sum.js'): Promise<number> => {
    const { stdout } = await run('delegate', goal, '--json', '--verify', verification);
    const { id, number } = (JSON.parse(stdout) as { run: { id: string; number: number } }).run; // safe: what its help says
    await rig.settled(id, ({ status }) => status === 'reviewing' || status === 'failed');
    return number;
  };
  const idOf = async (number: number): Promise<string> =>
    (JSON.parse((await run('show', String(number), '--json')).stdout) as { run: { id: string } }).run.id; // safe: as above
  const branches = () => gitIn(bare, 'for-each-ref', '--format=%(refname:short)').trim().split('\n');

  test('as a branch, on top of the commit it was delegated from, once however often it is asked for', async () => {
    const number = await delegated();
    expect(await run('publish', String(number), '--dry-run')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`Remote:  ${git.url}/team/shop.git`),
    });
    expect(branches()).toEqual(['main']);
    expect(await run('publish', String(number))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Publishing needs a person.'),
    });
    const branch = `longhaul/${number}-mend-the-sum`;
    expect(await run('publish', String(number), '--yes')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`Branch ${branch}: `),
    });
    expect(branches()).toEqual([branch, 'main']);
    expect(gitIn(bare, 'show', `${branch}:sum.js`)).toBe('export const sum = (a, b) => a + b;\n');
    expect(gitIn(bare, 'rev-parse', `${branch}^`)).toBe(gitIn(bare, 'rev-parse', 'main'));
    expect(gitIn(clone, 'status', '--porcelain')).toBe('');
    expect(gitIn(clone, 'branch', '--format=%(refname:short)').trim()).not.toContain('longhaul');
    expect(await run('publish', String(number), '--yes')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is published already'),
    });
    expect((await run('show', String(number))).stdout).toContain(`published as ${branch}`);
  });

  test('and the next round as one commit more on it', async () => {
    const number = await delegated();
    const branch = `longhaul/${number}-mend-the-sum`;
    expect(await run('publish', String(number), '--yes')).toMatchObject({ code: 0 });
    expect(await run('discard', String(number), '--changes', 'More')).toMatchObject({ code: 0 });
    await rig.settled(await idOf(number), ({ status, round }) => status === 'reviewing' && round === 2);
    expect((await run('show', String(number))).stdout).not.toContain('published');
    expect(await run('publish', String(number), '--yes')).toMatchObject({ code: 0 });
    expect(gitIn(bare, 'rev-list', '--count', `main..${branch}`).trim()).toBe('2');
    expect(gitIn(bare, 'diff', '--name-only', 'main', branch)).toBe('more.js\nsum.js\n');
  });

  test('and not with commits below it that the person has not pushed', async () => {
    gitIn(clone, 'commit', '--quiet', '--allow-empty', '-m', 'Mine alone');
    const number = await delegated();
    for (const how of ['--dry-run', '--yes'])
      expect(await run('publish', String(number), how)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('stands on 1 commit that'),
      });
    gitIn(clone, 'reset', '--quiet', '--hard', 'HEAD~1');
  });

  test('and not with what was not committed, which the agent changed as well', async () => {
    appendFileSync(path.join(clone, 'sum.js'), '// Mine.\n');
    const number = await delegated();
    expect(await run('publish', String(number), '--dry-run')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /sum\.js has changes of yours .*delegate again from a tree without uncommitted changes/s,
      ),
    });
    gitIn(clone, 'checkout', '--quiet', 'sum.js');
  });

  test.each([1, 2, 3, 4])(
    'and once where the runner is killed at request %i of looking and pushing, and started again',
    async (request) => {
      const id = await idOf(await delegated());
      const branch = `longhaul/killed-${request}`;
      const wanted = await rig.api.runs.publication.query({ run: id, branch });
      let asked = 0;
      const { promise: killed, resolve } = Promise.withResolvers<void>();
      git.watch = async () => {
        asked += 1;
        if (asked !== request) return;
        git.watch = null;
        await rig.kill();
        resolve();
      };
      await rig.api.runs.publish.mutate(wanted);
      await killed;
      await rig.start();
      const state = await rig.settled(id, ({ effects }) => effects.every(({ status }) => status !== 'requested'));
      expect(state.effects).toMatchObject([{ status: 'done' }]);
      expect(gitIn(bare, 'rev-list', '--count', `main..${branch}`).trim()).toBe('1');
    },
  );

  test('and what looks like a secret only by the word of a person who was shown it', async () => {
    const number = await delegated('Keep the token', 'true');
    const shown = await run('publish', String(number), '--dry-run');
    expect(shown).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/Looks like a secret:\n {2}token\.js:1: GitHub Token/),
    });
    expect(shown.stdout).not.toContain(token);
    expect(await run('publish', String(number), '--yes')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('has what looks like a secret: token.js:1: GitHub Token'),
    });
    expect(branches()).not.toContain(`longhaul/${number}-keep-the-token`);
    expect(await run('publish', String(number), '--yes', '--with-secrets')).toMatchObject({ code: 0 });
    expect(branches()).toContain(`longhaul/${number}-keep-the-token`);
  });

  test('and not where the operator lets nothing be published', async () => {
    const number = await delegated();
    expect(await run('publish', String(number), '--yes', '--remote', `${git.url}/others/shop.git`)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('publishes nothing to'),
    });
    expect(await run('publish', String(number), '--yes', '--branch', 'main')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is a branch main already.'),
    });
  });
});
