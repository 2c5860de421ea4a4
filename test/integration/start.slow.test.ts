import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { calls, scripted, startFakeOpenAi, type Asked, type Reply } from '../fakes/openai/index.ts';
import { descendants } from '../harness/processes.ts';
import { repositoryWith } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';

const finish = ({ entries }: Asked): Reply =>
  calls('finish', {
    summary: 'Written.',
    claims: [{ text: 'It is there', calls: [entries.find(({ by }) => by === 'call')!.call!] }],
  });
const script = scripted([
  calls('bash', { command: 'echo hello > hello.txt', timeoutSeconds: null, network: null }),
  finish,
]);
const someRepository = () => repositoryWith({ 'readme.txt': 'Greet.\n' });

/** What is refused says so in a sentence, with what to do below it, and nothing else. */
const refusal = (code: number, message: string, remedy: string) => ({
  code,
  stdout: '',
  stderr: `longhaul: ${message}\n  ${remedy}\n`,
});

/** A home beside the rig's own, with no runner on it. */
const otherHome = async (rig: Rig): Promise<{ readonly home: string; readonly env: NodeJS.ProcessEnv }> => {
  const home = path.join(rig.folder, 'other');
  await mkdir(home);
  return { home, env: { LONGHAUL_HOME: home } };
};

const bytesOf = async (folder: string): Promise<Record<string, string>> => {
  const names = (await readdir(folder)).filter((name) => name.startsWith('longhaul.db'));
  const digest = (name: string) =>
    createHash('sha256')
      .update(readFileSync(path.join(folder, name)))
      .digest('hex');
  return Object.fromEntries(names.toSorted().map((name) => [name, digest(name)]));
};

test.each(['runs', 'decisions', 'stop'])(
  'longhaul %s says of a home that cannot be read what is wrong with it',
  async (command) => {
    await using rig = await Rig.prepared({ script });
    const home = path.join(rig.folder, 'file');
    await writeFile(home, '');
    const { code, stdout, stderr } = await rig.cli([command], { env: { LONGHAUL_HOME: home } });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`The home ${home} cannot be read`);
    expect(stderr).toContain('--home');
  },
);

describe('a second runner on one home', () => {
  test('says which one is there, and leaves it alone', async () => {
    const { promise: answer, resolve: go } = Promise.withResolvers<void>();
    await using rig = await Rig.start({
      script: async (asked, place) => {
        await answer;
        return script(asked, place);
      },
    });
    const { id } = await rig.delegate({ goal: 'Greet', repository: await someRepository(), verification: [] });
    await rig.model.received(1);
    const file = path.join(rig.home, 'runner.json');
    const before = { file: await readFile(file, 'utf8'), processes: await descendants(rig.pid) };
    expect(await rig.cli(['serve'])).toEqual(
      refusal(
        1,
        `Another Longhaul (process ${rig.pid}) is at work in ${path.join(rig.home, 'database')}.`,
        'Use that one, or stop it first, or give this one another home (--home).',
      ),
    );
    const { stdout, code } = await rig.cli(['serve', '--detach']);
    expect({ stdout, code }).toEqual({ code: 0, stdout: `A runner is at ${rig.url} already (process ${rig.pid}).\n` });
    // It starts a worker ahead of need as soon as it has the time; none of those that it had may be gone.
    expect({ file: await readFile(file, 'utf8'), processes: await descendants(rig.pid) }).toEqual({
      ...before,
      // safe: what vitest gives out for a list that has at least these
      processes: expect.arrayContaining(before.processes) as number[],
    });
    go();
    await rig.settled(id, ({ status }) => status === 'reviewing');
    expect(rig.model.journal).toHaveLength(2);
  });
});

describe('a port that is taken', () => {
  test('is named, and nothing is left behind', async () => {
    await using rig = await Rig.prepared({ script });
    const { home, env } = await otherHome(rig);
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo; // safe: it listens on TCP
    const serve = ['serve', '--port', String(port), '--log-level', 'error'];
    expect(await rig.cli(serve, { env })).toEqual(
      refusal(
        1,
        `Port ${port} of 127.0.0.1 is taken by another program.`,
        'Stop that program, or choose another port with --port (0: any free one).',
      ),
    );
    expect(existsSync(path.join(home, 'runner.json'))).toBe(false);
    // safe: the engine's own file
    const workers = JSON.parse(await readFile(path.join(home, 'workers.json'), 'utf8')) as { pid: number }[];
    expect(workers.filter(({ pid }) => existsSync(`/proc/${pid}`))).toEqual([]);

    taken.close();
    await once(taken, 'close');
    const detached = await rig.cli([...serve, '--detach', '--json'], { env });
    expect(JSON.parse(detached.stdout)).toMatchObject({ url: `http://127.0.0.1:${port}`, home });
    expect(await rig.cli(['stop'], { env })).toMatchObject({ code: 0 });
  });
});

describe('a database of a newer version', () => {
  test('is left as it is, byte for byte', async () => {
    await using rig = await Rig.start({ script });
    const { id } = await rig.delegate({ goal: 'Greet', repository: await someRepository(), verification: [] });
    await rig.settled(id, ({ status }) => status === 'reviewing');
    await rig.kill('SIGTERM');
    const folder = path.join(rig.home, 'database');
    {
      using database = new DatabaseSync(path.join(folder, 'longhaul.db'));
      database.exec("insert into migrations (name, at) values ('900-tomorrow', '2040-01-01T00:00:00.000Z')");
    }
    const before = await bytesOf(folder);
    const refused = refusal(
      1,
      'The database was written by a newer Longhaul: it has 900-tomorrow.',
      'Install that version or a later one, or use another home (--home). Nothing was changed.',
    );
    expect(await rig.cli(['serve'])).toEqual(refused);
    expect(await rig.cli(['runs'])).toEqual({
      ...refused,
      stderr: `Starting the runner in the background…\n${refused.stderr}`,
    });
    expect(await bytesOf(folder)).toEqual(before);
    expect(existsSync(path.join(rig.home, 'runner.json'))).toBe(false);
  });
});

describe('settings that cannot be used', () => {
  const broken = [
    {
      name: 'a file that is no YAML',
      text: 'model: {name: [',
      problem: (file: string) => `${file}: Flow sequence in block collection must be sufficiently indented`,
    },
    {
      name: 'a setting that there is not',
      text: 'modle: {name: x}\nlimits: {wrokers: 2}\n',
      problem: (file: string) => `${file}: limits.wrokers: there is no such setting.`,
    },
    {
      name: 'a folder in the place of the file',
      text: null,
      problem: (file: string) => `${file} cannot be read: EISDIR: illegal operation on a directory, read.`,
    },
    {
      name: 'a value of the wrong kind',
      text: 'limits: {workers: many}\n',
      problem: (file: string) => `${file}: limits.workers: Invalid input: expected number, received string`,
    },
  ];
  test.each(broken)('are named: $name', async ({ text, problem }) => {
    await using rig = await Rig.prepared({ script });
    const { home, env } = await otherHome(rig);
    const file = path.join(home, 'config.yaml');
    await (text === null ? mkdir(file) : writeFile(file, text));
    const { code, stdout, stderr } = await rig.cli(['serve'], { env });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('longhaul: Settings cannot be used:\n  ');
    expect(stderr).toContain(problem(file));
    expect(stderr).toContain('\n  Correct them and start it again.\n');
    expect(await readdir(home)).toEqual(['config.yaml']);
  });
});

describe('a home that cannot be used', () => {
  /** As root, commands run as other users, who must reach their workspace; as anybody else there are no others. */
  const isRoot = process.getuid?.() === 0;

  test(`below a folder that others cannot enter is ${isRoot ? 'refused to root' : 'fine for an ordinary user'}`, async () => {
    await using rig = await Rig.prepared({ script });
    const closed = path.join(rig.folder, 'closed');
    const home = path.join(closed, 'home');
    await mkdir(home, { recursive: true });
    await chmod(closed, 0o700);
    const served = await rig.cli(isRoot ? ['serve'] : ['serve', '--detach'], { env: { LONGHAUL_HOME: home } });
    await rig.cli(['stop'], { env: { LONGHAUL_HOME: home } });
    expect(served).toMatchObject(
      isRoot
        ? refusal(
            1,
            `The home ${home} lies below ${closed}, which other users cannot enter. As root, Longhaul runs commands as users without rights, and they must reach their workspace.`,
            `Name a home elsewhere with --home or LONGHAUL_HOME, such as /var/lib/longhaul; or: chmod o+x ${closed}`,
          )
        : { code: 0 },
    );
    expect(existsSync(path.join(home, 'runner.json'))).toBe(false);
  });

  test('because it is a file is named', async () => {
    await using rig = await Rig.prepared({ script });
    const home = path.join(rig.folder, 'file');
    await writeFile(home, 'not a folder');
    expect(await rig.cli(['serve'], { env: { LONGHAUL_HOME: home } })).toEqual(
      refusal(
        1,
        `The home ${home} cannot be used: EEXIST: file already exists, mkdir '${home}'.`,
        'Free the disk or correct the rights, or name another folder with --home or LONGHAUL_HOME.',
      ),
    );
    expect(await readFile(home, 'utf8')).toBe('not a folder');
  });
});

describe('a runner that was served with settings of its own, and is down', () => {
  test('is not replaced by one with other settings: the command says what it was served with, and how to start it', async () => {
    await using rig = await Rig.prepared({ script });
    const { env } = await otherHome(rig);
    const cli = (...words: readonly string[]) => rig.cli(words, { env });
    expect(await cli('serve', '--detach', '--workers', '3', '--host', '127.0.0.1')).toMatchObject({ code: 0 });
    expect(await cli('stop')).toMatchObject({ code: 0 });
    const refused = await cli('runs');
    expect(refused).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /would start it with other settings than it was last served with: limits\.workers 3 \(--workers\), not \d+\.\n {2}Start it as it was: longhaul serve --detach --workers 3 --host 127\.0\.0\.1, with the same variables set\.\n {2}Or as this shell and config\.yaml have it: longhaul serve --detach\n$/,
      ) as string,
    });
    // Said in the file, it is the same runner.
    await writeFile(path.join(env['LONGHAUL_HOME']!, 'config.yaml'), 'limits: { workers: 3 }\n');
    expect(await cli('runs')).toMatchObject({ code: 0 });
    expect(await cli('stop')).toMatchObject({ code: 0 });
    // Whoever serves it anew without them has decided.
    await writeFile(path.join(env['LONGHAUL_HOME']!, 'config.yaml'), '');
    expect(await cli('serve', '--detach')).toMatchObject({ code: 0 });
    expect(await cli('stop')).toMatchObject({ code: 0 });
    expect(await cli('runs')).toMatchObject({ code: 0 });
    expect(await cli('stop')).toMatchObject({ code: 0 });
  });
});

describe('a runner that a command started, and that is down while a run is not over', () => {
  test('is started with another model endpoint by no command, wherever that one is said, and by whoever serves it', async () => {
    await using other = await startFakeOpenAi({ script });
    await using rig = await Rig.prepared({ script });
    const { home, env } = await otherHome(rig);
    const cli = (different: NodeJS.ProcessEnv, ...words: readonly string[]) =>
      rig.cli(words, { env: { ...env, ...different } });
    const done = { code: 0 };
    await using _ = { [Symbol.asyncDispose]: async () => void (await cli({}, 'stop')) };
    const repository = await someRepository();
    expect(await cli({}, 'delegate', 'Greet', '--repo', repository, '--watch')).toMatchObject({ code: 3 });
    expect(await cli({}, 'stop')).toMatchObject(done);

    const refused = await cli({ OPENAI_BASE_URL: other.url }, 'runs');
    expect({ ...refused, stderr: refused.stderr.split('\n').slice(1) }).toEqual({
      code: 1,
      stdout: '',
      stderr: [
        `longhaul: The runner of this home is down, and 1 run in it is not over. It had the model endpoint ${rig.model.url} (responses); this would start it with ${other.url} (responses), and send what the run has read there.`,
        `  Start it as it was: set OPENAI_BASE_URL=${rig.model.url} and do this again.`,
        '  Or have it as this shell and config.yaml say: longhaul serve --detach',
        '',
      ],
    });
    const unset = { OPENAI_BASE_URL: '' };
    expect(await cli(unset, 'decisions')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('with https://api.openai.com/v1 (responses), and send') as string,
    });
    await writeFile(path.join(home, 'config.yaml'), JSON.stringify({ model: { baseUrl: other.url } }));
    expect(await cli(unset, 'show', '1')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`with ${other.url} (responses), and send`) as string,
    });
    expect(other.journal).toEqual([]);

    // Whoever serves it has decided.
    expect(await cli(unset, 'serve', '--detach')).toMatchObject(done);
    expect(await cli(unset, 'discard', '1', '--reason', 'No')).toMatchObject(done);
    expect(await cli(unset, 'stop')).toMatchObject(done);
    // No run is left that would go on with another one.
    expect(await cli({}, 'runs')).toMatchObject(done);
  });
});
