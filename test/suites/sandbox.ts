import { existsSync, watch } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Sandbox, SandboxCommand, SandboxLimits, SandboxResult } from '../../runner/sandbox/sandbox.ts';

/** A sandbox over an empty workspace that the test can see; whoever opens it also gives its limits. */
export interface SandboxUnderTest extends AsyncDisposable {
  readonly sandbox: Sandbox;
  /** Host path. */
  readonly workspace: string;
  /** Host path of what `/workspace` is while a command runs. */
  readonly live: string;
}

const mib = 1024 * 1024;

/** What the suite asks for. */
export const suiteLimits: SandboxLimits = {
  memoryBytes: 3072 * mib,
  processes: 200,
  fileBytes: 64 * mib,
  tmpBytes: 16 * mib,
  workspaceBytes: 24 * mib,
};

const never = new AbortController().signal;

/** Seconds for `sleep` that no other process of this machine sleeps. */
const nap = `600.${process.pid}`;

/** Settles once the folder has an entry of this name. */
function appears(folder: string, name: string): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(folder, () => {
      if (!existsSync(join(folder, name))) return;
      watcher.close();
      resolve();
    });
  });
}

/** A script that makes files of 8 MiB without a name, and waits. */
const python = (lines: string): string => `python3 - <<'EOT'
import mmap, os, socket, time
held = []
def filled(name):
    f = os.open(name, os.O_RDWR | os.O_CREAT); os.unlink(name)
    for _ in range(8): os.write(f, bytes(1024 * 1024))
    return f
${lines}
time.sleep(600)
EOT`;

/** Not by Python's own module, which keeps the file open. */
const mapped = [
  'files that have no name any more and are only mapped',
  python(`import ctypes
# It goes on: where only the free space of the disk shows it, others remove files from that.
for n in range(40):
    f = filled(f'mapped.{n}')
    ctypes.CDLL(None).mmap(None, ctypes.c_size_t(4096), 1, 1, f, ctypes.c_long(0)); os.close(f)
    if n > 3: time.sleep(0.25)`),
] as const;

const inFlight = [
  'files that have no name any more and are on their way through a socket',
  python(`ours, theirs = socket.socketpair()
held += [ours, theirs]
# As above.
for n in range(40):
    f = filled(f'sent.{n}')
    socket.send_fds(ours, [b'x'], [f]); os.close(f)
    if n > 3: time.sleep(0.25)`),
] as const;

/** Command lines on this host that have this argument. */
async function processesWith(argument: string): Promise<readonly string[]> {
  const lines = await Promise.all(
    (await readdir('/proc')).map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.filter((line) => line.split('\0').includes(argument));
}

/** The contract of the sandbox's port. Each adapter passes it; the quota must be looked at several times a second. Elsewhere a disk is the provider's, and what nobody sees of it there is as well. */
export function sandboxSuite(open: () => Promise<SandboxUnderTest>, where: 'here' | 'elsewhere' = 'here'): void {
  let under: SandboxUnderTest;
  beforeAll(async () => {
    under = await open();
  });
  afterAll(() => under[Symbol.asyncDispose]());

  const run = (
    script: string,
    more: Partial<SandboxCommand> = {},
    signal: AbortSignal = never,
  ): Promise<SandboxResult> =>
    under.sandbox.run(
      { argv: ['bash', '-c', script], timeoutMs: 20_000, network: [], maxOutputBytes: 65_536, ...more },
      { signal },
    );
  const settled = (result: SandboxResult): Omit<SandboxResult, 'durationMs'> => {
    const { durationMs, ...rest } = result;
    expect(durationMs).toBeGreaterThanOrEqual(0);
    return rest;
  };
  const exited = (exitCode: number, output: string): Omit<SandboxResult, 'durationMs'> => ({
    outcome: 'exited',
    exitCode,
    output,
    outputBytes: Buffer.byteLength(output),
    truncated: false,
    refusedHosts: [],
    reachedHosts: [],
  });

  test.each([
    ['true', 0],
    ['exit 7', 7],
    ['kill -TERM $$', 143],
    ['kill -KILL $$', 137],
    ['no-such-command-anywhere', 127],
  ])('%s ends with %i', async (script, exitCode) => {
    expect(await run(`exec 2>/dev/null; ${script}`)).toMatchObject({ outcome: 'exited', exitCode, output: '' });
  });

  test('a program that does not exist is a result', async () => {
    expect(await run('', { argv: ['no-such-program'] })).toMatchObject({ outcome: 'exited', exitCode: 127 });
  });

  test('arguments that are too long for the system are a result', async () => {
    expect(await run('', { argv: ['echo', 'x'.repeat(3 * mib)] })).toMatchObject({
      outcome: 'exited',
      exitCode: 126,
      output: 'Argument list too long\n',
    });
  });

  test('arguments arrive as they are, without a shell', async () => {
    expect(settled(await run('', { argv: ['printf', '[%s]', '', 'a b', '$HOME', "'", '--', '\n', 'ü'] }))).toEqual(
      exited(0, "[][a b][$HOME]['][--][\n][ü]"),
    );
  });

  test('stdout and stderr come in the order in which they were written', async () => {
    const lines = Array.from({ length: 200 }, (_, index) => `${index}\n`).join('');
    expect(settled(await run('for n in {0..199}; do if ((n % 2)); then echo $n >&2; else echo $n; fi; done'))).toEqual(
      exited(0, lines),
    );
  });

  test.each([
    ['/dev/stdout', 'echo 1; echo 2 >/dev/stdout; echo 3 >>/dev/stdout'],
    ['/dev/stderr', 'echo 1; echo 2 >/dev/stderr; bash -c "echo 3 >/dev/stderr"'],
    ['/dev/fd and /proc/self/fd', 'echo 1 >/dev/fd/1; echo 2 >/dev/fd/2; echo 3 >/proc/self/fd/2'],
    ['/dev/stderr by a program', 'echo 1 | tee /dev/stderr >/dev/null; seq 2 3 | tee /dev/fd/2 >/dev/null'],
    ['/dev/stderr by a child in the background', 'echo 1; (seq 2 3 >/dev/stderr) & wait'],
  ])('%s can be opened', async (_name, script) => {
    expect(settled(await run(script))).toEqual(exited(0, '1\n2\n3\n'));
  });

  test('/dev/stdin can be opened', async () => {
    expect(settled(await run('wc -c </dev/fd/0'))).toEqual(exited(0, '0\n'));
  });

  test('of long output the first and the last half are kept, and a line says what was cut', async () => {
    const result = await run('printf "ä%.0s" {1..5000}; echo end', { maxOutputBytes: 101 });
    expect(settled(result)).toEqual({
      ...exited(0, `${'ä'.repeat(25)}\n[9904 bytes cut]\n${'ä'.repeat(23)}end\n`),
      outputBytes: 10_004,
      truncated: true,
    });
  });

  test('gigabytes of output pass without being kept', async () => {
    const result = await run('head -c 300M /dev/zero', { maxOutputBytes: 10, timeoutMs: 60_000 });
    expect(result).toMatchObject({ outcome: 'exited', exitCode: 0, outputBytes: 300 * mib, truncated: true });
    expect(result.output.length).toBeLessThan(50);
  });

  test('there is nothing to read', async () => {
    expect(settled(await run('wc -c'))).toEqual(exited(0, '0\n'));
  });

  test('a command begins in the workspace', async () => {
    expect(settled(await run('pwd'))).toEqual(exited(0, '/workspace\n'));
  });

  test('the environment holds the minimum', async () => {
    const { output } = await run('env');
    // Of shells, and of a network that cannot be cut.
    const besides = /^(OLDPWD|PWD|SHLVL|_|.*_proxy|NODE_USE_ENV_PROXY|JAVA_TOOL_OPTIONS)$/i;
    const names = [...output.matchAll(/^(\w+)=/gm)].map(([, name]) => name!).filter((name) => !besides.test(name));
    expect(names.toSorted()).toEqual(['HOME', 'LANG', 'PATH', 'TERM', 'TMPDIR', 'USER']);
  });

  test('files are the same inside and outside', async () => {
    await run('echo inside >made; chmod 640 made; mkdir -p sub');
    expect(await readFile(join(under.workspace, 'made'), 'utf8')).toBe('inside\n');
  });

  test('temporary files do not outlive their command', async () => {
    const name = `kept.${process.pid}`;
    const files = `ls -d /tmp/${name} $TMPDIR/* ~/* 2>/dev/null | sort -u | grep -c ${name}`;
    const made = await run(`touch /tmp/${name} $TMPDIR/${name} ~/${name}; ${files}`);
    expect(made.output).toMatch(/^[23]\n$/);
    expect(settled(await run(files))).toEqual(exited(1, '0\n'));
  });

  test('a command that takes too long is killed with all it started, and its output is kept', async () => {
    const result = await run(`trap "" TERM; echo begun; (setsid sleep ${nap} &); sleep ${nap}`, { timeoutMs: 3000 });
    expect(settled(result)).toEqual({ ...exited(0, 'begun\n'), outcome: 'timeout', exitCode: null });
    expect(result.durationMs).toBeGreaterThanOrEqual(2990);
    expect(await processesWith(nap)).toEqual([]);
  });

  test('a command is cancelled by its signal', async () => {
    const cancel = new AbortController();
    const began = appears(under.live, 'began');
    const result = run(`echo begun; touch began; sleep ${nap}`, {}, cancel.signal);
    await began;
    cancel.abort();
    expect(settled(await result)).toEqual({ ...exited(0, 'begun\n'), outcome: 'cancelled', exitCode: null });
    expect(await processesWith(nap)).toEqual([]);
  });

  test('a signal that fired before leaves nothing to run', async () => {
    expect(settled(await run('touch never', {}, AbortSignal.abort()))).toEqual({
      ...exited(0, ''),
      outcome: 'cancelled',
      exitCode: null,
    });
    expect(await readdir(under.workspace)).not.toContain('never');
  });

  test('cancelling at any moment of the start leaves no process', async () => {
    for (let moment = 0; moment < 24; moment += 1) {
      const result = await run(`sleep ${nap}`, {}, AbortSignal.timeout(moment));
      expect(result.outcome).toBe('cancelled');
    }
    expect(await processesWith(nap)).toEqual([]);
  });

  test('what a command leaves in the background is gone when it returns', async () => {
    const result = await run(
      `(setsid sleep ${nap} &); sleep ${nap} & disown; nohup sleep ${nap} >/dev/null 2>&1 & echo back`,
    );
    expect(result).toMatchObject({ outcome: 'exited', exitCode: 0 });
    expect(await processesWith(nap)).toEqual([]);
  });

  test('commands started together run one after the other', async () => {
    const results = await Promise.all(
      Array.from({ length: 4 }, () => run('[ -e busy ] && echo overlap; touch busy; sleep 0.05; rm busy')),
    );
    expect(results.map(settled)).toEqual(Array.from({ length: 4 }, () => exited(0, '')));
  });

  test.each<readonly [string, string]>([
    ['files', `for n in {1..9}; do head -c 8M /dev/zero >fill.$n; done; sleep ${nap}`],
    [
      'files that have no name any more',
      `for n in {3..9}; do eval "exec $n>gone.$n"; rm gone.$n; head -c 8M /dev/zero >&$n; done; sleep ${nap}`,
    ],
    [
      'files in folders that forbid to look into them',
      `mkdir -p closed/inner; chmod 0 closed/inner; chmod 0300 closed; cd closed; for n in {1..5}; do head -c 8M /dev/zero >fill.$n; done; sleep ${nap}`,
    ],
    ...(where === 'elsewhere' ? [] : [mapped, inFlight]),
    ['a great many empty files', `mkdir many; cd many; seq 6500 | xargs touch; sleep ${nap}`],
  ])('a workspace that outgrows its quota by %s ends the command', async (_what, script) => {
    const result = await run(script);
    expect(settled(result)).toEqual({ ...exited(0, ''), outcome: 'limit', exitCode: null });
    expect(await processesWith(nap)).toEqual([]);
    await run('chmod -R u+rwx closed; rm -rf fill.* many closed');
    expect(await run('true')).toMatchObject({ outcome: 'exited', exitCode: 0 });
  });

  test.each([
    ['in a folder that forbids to look into it', 'mkdir closed; chmod 0300 closed; head -c 28M /dev/zero >closed/fill'],
    ['in plain sight', 'head -c 28M /dev/zero >fill.1'],
  ])('a command that ended before anybody looked is over the limit by what it left %s', async (_where, script) => {
    expect(settled(await run(script))).toEqual({ ...exited(0, ''), outcome: 'limit', exitCode: null });
    expect(await run('chmod 700 closed 2>/dev/null; rm -rf closed fill.*')).toMatchObject({ exitCode: 0 });
    expect(settled(await run('true'))).toEqual(exited(0, ''));
  });

  test.each(where === 'here' ? ['head -c 1M /dev/zero >more; wc -c <more'] : [])(
    'in a tree that is over its limit a command may make room, and write nothing: %s',
    async (script) => {
      expect(await run('head -c 28M /dev/zero >fill.1')).toMatchObject({ outcome: 'limit' });
      const { output } = await run(`exec 2>&1; ${script}`);
      expect(output).toMatch(/^0$/m);
      expect(await run('rm fill.1 more')).toMatchObject({ outcome: 'exited', exitCode: 0 });
      expect(await run(`exec 2>&1; ${script}; rm more`)).toMatchObject({
        output: expect.stringContaining('1048576\n') as string,
      });
    },
  );

  test('a closed sandbox ends its command and starts no other', async () => {
    const other = await open();
    const began = appears(other.live, 'began');
    const result = other.sandbox.run(
      { argv: ['bash', '-c', `touch began; sleep ${nap}`], timeoutMs: 20_000, network: [], maxOutputBytes: 10 },
      { signal: never },
    );
    await began;
    await other.sandbox[Symbol.asyncDispose]();
    expect(await result).toMatchObject({ outcome: 'cancelled', exitCode: null });
    expect(await processesWith(nap)).toEqual([]);
    await expect(
      other.sandbox.run({ argv: ['true'], timeoutMs: 1000, network: [], maxOutputBytes: 10 }, { signal: never }),
    ).rejects.toThrow('closed');
    await other[Symbol.asyncDispose]();
  });
}
