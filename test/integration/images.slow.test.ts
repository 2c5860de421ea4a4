import { createHash, randomBytes } from 'node:crypto';
import { rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDecisions, type RunState } from '../../shared/run/state.ts';
import { calls, costs, fails, says, type Asked, type Script } from '../fakes/openai/index.ts';
import { repositoryWith } from '../harness/repository.ts';
import { openFolder, Rig } from '../harness/rig.ts';
import { pixel } from '../suites/model.ts';

/** Of a request, which the fake otherwise counts by its characters: an image has many. */
const tokens = { input: 1_000, cached: 0, cacheWrite: 0, output: 10, reasoning: 0 };
const bash = costs(tokens, calls('bash', { command: 'echo done > made.txt', timeoutSeconds: null, network: null }));
const lastCall = ({ entries }: Asked): string => entries.findLast(({ by }) => by === 'call')?.call ?? '';

/** Refuses images where the goal says so, as an endpoint does that has none; else looks, works and is done. */
const script: Script = (asked) => {
  if (asked.entries[0]?.text.includes('[blind]') && JSON.stringify(asked.body).includes('input_image'))
    return fails(400, { code: 'invalid_value', message: 'This model does not support image inputs.' });
  if (lastCall(asked) === '') return bash;
  return costs(tokens, calls('finish', { summary: 'Seen.', claims: [{ text: 'Seen', calls: [lastCall(asked)] }] }));
};

const png = Buffer.from(pixel.base64, 'base64');
/** As large as is taken, almost. */
const jpeg = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), randomBytes(4_900_000)]);
const hashOf = (content: Buffer) => createHash('sha256').update(content).digest('hex');

/** The images of a request, as their bytes. */
const shown = (asked: Readonly<Record<string, unknown>>): Buffer[] => {
  const { input } = asked as { input: { content: string | { type: string; image_url?: string }[] }[] }; // safe: the fake checked it
  const parts = input.flatMap(({ content }) => (Array.isArray(content) ? content : []));
  return parts.flatMap(({ image_url: url }) =>
    url === undefined ? [] : [Buffer.from(url.slice(url.indexOf(',') + 1), 'base64')],
  );
};

let rig: Rig;
let folder: string;
let repository: string;

beforeAll(async () => {
  rig = await Rig.start({ script });
  folder = await openFolder('longhaul-images-');
  repository = await repositoryWith({ 'a.txt': 'a\n' });
  // Its name says something else than it is.
  await writeFile(path.join(folder, 'mockup.jpg'), png);
  await writeFile(path.join(folder, 'photo.jpeg'), jpeg);
  await writeFile(path.join(folder, 'drawing.png'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  await writeFile(path.join(folder, 'huge.png'), Buffer.concat([png, Buffer.alloc(5_000_000)]));
  await symlink('/dev/zero', path.join(folder, 'zero.png'));
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const delegated = async (env: NodeJS.ProcessEnv, ...args: string[]): Promise<RunState> => {
  const words = ['delegate', '--repo', repository, '--json', ...args];
  const { code, stdout, stderr } = await rig.cli(words, { cwd: folder, env });
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const { id } = (JSON.parse(stdout) as { run: { id: string } }).run; // safe: what its help says
  return rig.settled(id, ({ status }) => ['reviewing', 'waiting', 'failed'].includes(status));
};
const requests = (goal: string) => rig.model.journal.filter(({ body }) => JSON.stringify(body).includes(goal));

describe.each(['of this machine', 'elsewhere'])('a runner %s', (where) => {
  test('shows the model with every request what was attached, byte for byte and in its order', async () => {
    const env =
      where === 'elsewhere'
        ? { LONGHAUL_URL: rig.url, LONGHAUL_TOKEN: rig.token, LONGHAUL_HOME: path.join(folder, 'nobody') }
        : {};
    const goal = `Like this, ${where}`;
    const run = await delegated(env, goal, '--image', 'mockup.jpg', '--image', 'photo.jpeg', '--image', 'mockup.jpg');
    expect([run.status, openDecisions(run).map(({ request }) => request.reason)]).toEqual(['reviewing', []]);
    const image = { name: 'mockup.jpg', mediaType: 'image/png', bytes: png.length, blob: hashOf(png) };
    expect(run.task.images).toEqual([
      image,
      { name: 'photo.jpeg', mediaType: 'image/jpeg', bytes: jpeg.length, blob: hashOf(jpeg) },
      image,
    ]);
    const asked = requests(goal);
    expect(asked).toHaveLength(2);
    for (const { body } of asked) {
      const images = shown(body as Record<string, unknown>); // safe: the fake checked it
      expect(images.map((content) => hashOf(content))).toEqual([hashOf(png), hashOf(jpeg), hashOf(png)]);
    }
    const { stdout } = await rig.cli(['show', String(run.number)]);
    expect(stdout).toContain(`mockup.jpg (PNG, ${png.length} B)`);
    expect(stdout).toContain('photo.jpeg (JPEG, 4.9 MB)');
  });
});

test('they are the run’s: kept with it over a restart, and gone with it', async () => {
  const run = await delegated({}, 'Keep it', '--image', 'mockup.jpg');
  await rig.kill('SIGTERM');
  await rig.start();
  const read = () =>
    fetch(`${rig.url}/blobs/${hashOf(png)}?run=${run.id}`, { headers: { authorization: `Bearer ${rig.token}` } });
  expect(Buffer.from(await (await read()).arrayBuffer())).toEqual(png);
  await rig.cli(['discard', String(run.number), '--reason', 'Enough']);
  expect(await rig.cli(['delete', String(run.number), '--yes'])).toMatchObject({ code: 0 });
  expect((await read()).status).toBe(404);
});

test.each([
  [['--image', 'drawing.png'], /--image drawing\.png is no PNG, JPEG, WebP or GIF\./],
  [['--image', 'huge.png'], /--image huge\.png is larger than 5 MB\./],
  [['--image', 'zero.png'], /--image zero\.png is no file\./],
  [['--image', 'missing.png'], /--image missing\.png cannot be read: .*ENOENT/],
  [Array.from({ length: 9 }, () => ['--image', 'mockup.jpg']).flat(), /9 images are more than go with a goal/],
])('what cannot go along is refused before anything is asked: %j', async (args, says) => {
  const { code, stderr } = await rig.cli(['delegate', 'No', '--repo', repository, ...args], { cwd: folder });
  expect(code).toBe(2);
  expect(stderr).toMatch(says);
});

test('the runner takes nobody’s word for what an upload is', async () => {
  const content = Buffer.from('%PDF-1.7');
  const uploaded = await fetch(`${rig.url}/blobs`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${rig.token}` },
    body: content,
  });
  expect(uploaded.status).toBe(201);
  const delegate = (blob: string) =>
    rig.api.runs.delegate.mutate({ goal: 'No', repository, images: [{ name: 'a.png', blob }] });
  await expect(delegate(hashOf(content))).rejects.toThrow('The image a.png is no PNG, JPEG, WebP or GIF.');
  await expect(delegate('0'.repeat(64))).rejects.toThrow(`There is no upload ${'0'.repeat(64)}.`);
});

test('an endpoint that refuses them is told of with the way on', async () => {
  const run = await delegated({}, '[blind] Look', '--image', 'mockup.jpg');
  expect(run.status).toBe('waiting');
  const [asked] = openDecisions(run);
  expect(asked?.request.reason).toContain('This model does not support image inputs.');
  expect(asked?.request.reason).toContain(
    'An image goes with the goal: if the model takes none, delegate again without, or with a model that does.',
  );
});

test('a model that is known to take none is refused by the preview and by delegating', async () => {
  await using blind = await Rig.start({
    script: () => says('Never asked.'),
    config: { model: { switches: { images: false } } },
  });
  const words = ['delegate', 'Look', '--repo', repository, '--image', path.join(folder, 'mockup.jpg')];
  for (const more of [['--preview'], ['--preview', '--unchecked'], []]) {
    const { code, stderr } = await blind.cli([...words, ...more]);
    expect({ more, code, stderr }).toEqual({
      more,
      code: 2,
      stderr: expect.stringContaining('The endpoint of this runner takes no images (model.switches.images: false).'),
    });
  }
  expect((await blind.api.runs.list.query({})).runs).toEqual([]);
  expect(await blind.cli(words.slice(0, 4))).toMatchObject({ code: 0 });
});

test('delegated again under the same key it is the same run, and with other images it is another task', async () => {
  const words = ['delegate', 'Once', '--repo', repository, '--dedupe', 'once', '--json'];
  const once = (...more: string[]) => rig.cli([...words, ...more], { cwd: folder });
  const numberOf = ({ code, stdout }: { code: number; stdout: string }): number => {
    expect(code).toBe(0);
    return (JSON.parse(stdout) as { run: { number: number } }).run.number; // safe: what its help says
  };
  const first = numberOf(await once('--image', 'mockup.jpg'));
  expect(numberOf(await once('--image', 'mockup.jpg'))).toBe(first);
  expect((await once('--image', 'mockup.jpg', '--preview')).stdout).toContain('delegating gives that run');
  for (const more of [
    [],
    ['--preview'],
    ['--image', 'photo.jpeg'],
    ['--image', 'mockup.jpg', '--image', 'mockup.jpg', '--preview'],
  ])
    expect(await once(...more)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('with another number of images, or another image.') as string,
    });
});
