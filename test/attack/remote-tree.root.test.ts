import { createHash } from 'node:crypto';
import { chmod, lstat, mkdir, readFile, readdir, readlink, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sandboxCheck } from '../../runner/cli/doctor/sandbox.ts';
import { loadConfig } from '../../runner/machine/config/config.ts';
import { openRemote } from '../../runner/sandbox/remote/remote.ts';
import type { Sandbox, SandboxResult } from '../../runner/sandbox/sandbox.ts';
import { suiteLimits } from '../suites/sandbox.ts';
import { hosts, providers, type FakeAccount } from './providers.ts';
import { makeWorkplace, modes, type Workplace } from './workplace.ts';

const asRoot = modes.filter(({ commands }) => commands !== null);
const loaded = await loadConfig({ flags: {}, env: {}, file: '/nowhere/config.yaml' });
if (loaded.outcome === 'invalid') throw new Error(loaded.problems.join());
const { config: runnerConfig } = loaded;

const never = new AbortController().signal;

interface Open extends AsyncDisposable {
  readonly account: FakeAccount;
  readonly workplace: Workplace;
  readonly sandbox: Sandbox;
  run(script: string, network?: readonly string[]): Promise<SandboxResult>;
}

describe.each(asRoot)('with $name', (mode) => {
  describe.each(providers)('on machines of $name', ({ provider, account: openAccount, keyName, network, name }) => {
    const open = async (programs: Record<string, string> = {}): Promise<Open> => {
      await using opening = new AsyncDisposableStack();
      const account = opening.use(await openAccount());
      const workplace = opening.use(await makeWorkplace(mode, suiteLimits));
      const machines = provider({ run: 'run_1', worker: 'a', image: null });
      const sandbox = await openRemote(machines, { ...workplace.options, programs });
      if ('outcome' in sandbox) throw new Error(`${sandbox.reason}: ${sandbox.remedy}`);
      opening.use(sandbox);
      const opened = opening.move();
      return {
        account,
        workplace,
        sandbox,
        run: (script, to = []) =>
          sandbox.run(
            { argv: ['bash', '-c', script], timeoutMs: 20_000, network: to, maxOutputBytes: 65_536 },
            { signal: never },
          ),
        async [Symbol.asyncDispose]() {
          const { refused } = account;
          await opened.disposeAsync();
          expect(refused).toEqual([]);
          expect([...account.sandboxes.keys()]).toEqual([]);
        },
      };
    };

    test('what a command makes, changes and removes is so here after it', async () => {
      await using opened = await open();
      const { workspace } = opened.workplace.options;
      const result = await opened.run(
        String.raw`mkdir -p deep/er empty; printf 'a\0b\377' >deep/er/binary; chmod 750 deep; chmod 755 a.txt; ln -s a.txt link; ln -s /etc nowhere
printf x >$'new\nline and space'; printf y >$'not-\xff-utf8'; echo -n >-dash; mkfifo pipe; rm -f gone; ln a.txt hard; chmod 000 hard; head -c 3M /dev/urandom >large; sha256sum <large`,
      );
      const names = await readdir(workspace, { encoding: 'latin1' });
      expect(names.toSorted()).toEqual(
        [
          '.git',
          '-dash',
          'a.txt',
          'deep',
          'empty',
          'hard',
          'large',
          'link',
          'new\nline and space',
          'not-\xff-utf8',
          'nowhere',
        ].toSorted(),
      );
      expect(await readFile(join(workspace, 'deep/er/binary'))).toEqual(Buffer.from('a\0b\xff', 'latin1'));
      expect([await readlink(join(workspace, 'link')), await readlink(join(workspace, 'nowhere'))]).toEqual([
        'a.txt',
        '/etc',
      ]);
      const modes = await Promise.all(
        ['deep', 'hard'].map(async (path) => ((await lstat(join(workspace, path))).mode & 0o777).toString(8)),
      );
      expect(modes).toEqual(['750', '600']);
      expect((await lstat(join(workspace, 'deep/er/binary'))).uid).toBe(mode.commands!.uid);
      const large = await readFile(join(workspace, 'large'));
      expect(result.output).toBe(`${createHash('sha256').update(large).digest('hex')}  -\n`);
      await opened.run('rm -rf deep large hard link; mkdir link; echo in >link/file; rm empty -r; echo file >empty');
      expect([
        await readFile(join(workspace, 'link/file'), 'utf8'),
        await readFile(join(workspace, 'empty'), 'utf8'),
      ]).toEqual(['in\n', 'file\n']);
      expect((await readdir(workspace, { encoding: 'latin1' })).filter((each) => /deep|large|hard/.test(each))).toEqual(
        [],
      );
    });

    test('what is changed here between two commands is so there', async () => {
      await using opened = await open();
      const { workspace } = opened.workplace.options;
      await opened.run('mkdir sub; echo 1 >sub/one; echo 2 >two; ln -s two to-two; echo old >same-size');
      await rm(join(workspace, 'sub'), { recursive: true });
      await writeFile(join(workspace, 'sub'), 'now a file\n');
      await unlink(join(workspace, 'to-two'));
      await mkdir(join(workspace, 'to-two'));
      await writeFile(join(workspace, 'to-two/in'), 'in a folder\n');
      await writeFile(join(workspace, 'same-size'), 'new\n');
      await chmod(join(workspace, 'two'), 0o755);
      await symlink('../..', join(workspace, 'up'));
      const { output } = await opened.run(
        'cat sub to-two/in same-size; readlink up; stat -c %a two; git status --short | wc -l; touch a.txt',
      );
      expect(output).toBe('now a file\nin a folder\nnew\n../..\n755\n5\n');
    });

    test('nothing here is written through a link, nor what a git of this machine would obey', async () => {
      await using opened = await open();
      const { folder, options } = opened.workplace;
      const outside = join(folder, 'outside');
      await mkdir(outside);
      await opened.run('mkdir sub; echo x >sub/file');
      await opened.run(`rm -r sub; ln -s ${outside} sub`);
      await opened.run('rm sub; mkdir sub; echo y >sub/file');
      expect(await readdir(outside)).toEqual([]);
      expect(await readFile(join(options.workspace, 'sub/file'), 'utf8')).toBe('y\n');
      const before = await readFile(join(options.workspace, '.git/config'), 'utf8');
      await opened.run(
        'git config core.fsmonitor evil; mkdir -p .git/hooks .git/info; echo evil >.git/hooks/pre-commit; echo evil >.git/info/attributes; echo ../evil >.git/commondir; echo fine >.git/note',
      );
      expect(await readFile(join(options.workspace, '.git/config'), 'utf8')).toBe(before);
      expect(await readFile(join(options.workspace, '.git/note'), 'utf8')).toBe('fine\n');
      expect(
        (await readdir(join(options.workspace, '.git'), { recursive: true })).filter((each) =>
          /pre-commit|commondir|attributes/.test(each),
        ),
      ).toEqual([]);
      await opened.run('mv .git other; echo "gitdir: /evil" >.git');
      expect((await lstat(join(options.workspace, '.git'))).isDirectory()).toBe(true);
    });

    test('a command may reach what it named, and only while it runs', async () => {
      await using opened = await open();
      await opened.run('true');
      const asked = [...opened.account.sandboxes.values()][0]!.network;
      expect(asked).toEqual([]);
      await opened.run('true', hosts);
      expect(asked).toEqual(network);
    });

    test('the key is nowhere on the machine', async () => {
      await using opened = await open();
      const { output } = await opened.run(
        'env; cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr "\\0" "\\n"; grep -rs "" /run/longhaul /tmp; id -u',
      );
      expect(output).not.toContain(opened.account.apiKey);
      expect(output).toMatch(/61000\n$/);
    });

    test('a machine that is lost between two commands is replaced, with the tree as it is', async () => {
      await using opened = await open();
      await opened.run('echo kept >kept');
      const [first] = opened.account.sandboxes.keys();
      await opened.account.lose(first!);
      expect((await opened.run('cat kept a.txt')).output).toBe('kept\na\n');
      expect([...opened.account.sandboxes.keys()]).not.toContain(first);
    });

    test('a program of the worker is brought when it is first named', async () => {
      await using opened = await open({ '/opt/longhaul/tool': '/usr/bin/env' });
      const argv = ['/opt/longhaul/tool', 'printf', 'it works'] as const;
      const result = await opened.sandbox.run(
        { argv: [...argv], timeoutMs: 60_000, network: [], maxOutputBytes: 100 },
        { signal: never },
      );
      expect(result).toMatchObject({ exitCode: 0, output: 'it works' });
    });

    test('machines of workers of the run that are gone are ended; others are not', async () => {
      await using account = await openAccount();
      const machine = async (run: string, worker: string): Promise<string> => {
        const known = new Set(account.sandboxes.keys());
        const started = await provider({ run, worker, image: null }).start(60_000);
        if ('outcome' in started) throw new Error(started.reason);
        return [...account.sandboxes.keys()].find((id) => !known.has(id))!;
      };
      const [lost, foreign] = [await machine('run_1', 'before'), await machine('run_2', 'x')];
      const own = provider({ run: 'run_1', worker: 'now', image: null });
      await own.start(60_000);
      await own.start(60_000);
      expect([account.sandboxes.has(lost), account.sandboxes.has(foreign), account.sandboxes.size]).toEqual([
        false,
        true,
        3,
      ]);
    });

    test('doctor learns whether the account answers, and makes no machine', async () => {
      await using account = await openAccount();
      const sandbox = { ...runnerConfig.sandbox, isolation: name === 'E2B' ? 'e2b' : 'daytona' } as const;
      const check = () => sandboxCheck({ ...runnerConfig, sandbox });
      expect(await check()).toMatchObject({
        outcome: 'ok',
        detail: expect.stringContaining('the account answers') as string,
      });
      process.env[keyName] = account.apiKey.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
      expect(await check()).toMatchObject({ outcome: 'fail', remedy: expect.stringContaining(keyName) as string });
      expect(account.sandboxes.size).toBe(0);
    });

    test('a key or an image that is not there is a refusal that says what to set', async () => {
      await using account = await openAccount();
      const start = (image: string | null) => provider({ run: 'run_1', worker: 'a', image }).start(60_000);
      const refusal = (reason: RegExp, remedy: RegExp) => ({
        outcome: 'refused',
        reason: expect.stringMatching(reason) as string,
        remedy: expect.stringMatching(remedy) as string,
      });
      expect(await start('missing')).toEqual(
        refusal(new RegExp(`^${name} gives no machine: .*not found`), /sandbox\.image/),
      );
      process.env[keyName] = account.apiKey.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
      expect(await start(null)).toEqual(refusal(new RegExp(`^${name} gives no machine`), new RegExp(keyName)));
      delete process.env[keyName];
      expect(await start(null)).toEqual(refusal(new RegExp(`no key of ${name}`), new RegExp(keyName)));
    });
  });
});
