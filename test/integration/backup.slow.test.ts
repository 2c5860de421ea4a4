import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { RunEvent } from '../../shared/run/events.ts';
import { openDecisions, type RunState } from '../../shared/run/state.ts';
import { calls, scripted, type Asked } from '../fakes/openai/index.ts';
import { asksOnceInput, someRepository, waits } from '../harness/asks-once.ts';
import { Planes } from '../harness/planes.ts';
import { postgresProgram } from '../harness/postgres.ts';
import { Rig } from '../harness/rig.ts';

const inReview = ({ status }: RunState) => status === 'reviewing';

const finish = ({ entries }: Asked) =>
  calls('finish', {
    summary: 'It is written.',
    claims: [{ text: 'Once', calls: [entries.findLast(({ by }) => by === 'call')!.call!] }],
  });

/** Writes once; of a run that is to be held, the answer after that comes when it is let go. */
const heldScript = () => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const script = scripted([
    calls('bash', { command: 'echo once >> log.txt', timeoutSeconds: null, network: null }),
    async (asked) => {
      if (asked.entries.some(({ text }) => text.includes('[held]'))) await released;
      return finish(asked);
    },
  ]);
  return { script, release };
};

/** A runner on a home that is put in the place of its own by `fill`, while it is stopped. */
const rigOn = async (rig: Rig, fill: () => Promise<void>): Promise<void> => {
  await rig.kill('SIGTERM');
  await rm(rig.home, { recursive: true });
  await fill();
  await rig.start();
};

const account = (state: RunState, events: readonly RunEvent[]) => ({
  status: state.status,
  verification: state.verification.map(({ exitCode }) => exitCode),
  files: state.result?.files,
  /** The command and the finish, each once. */
  ran: events.filter(({ body }) => body.type === 'call.started').length,
});

test('a back-up that was made while runs worked is put into another home, and each of them comes to its end there', async () => {
  const copies = await mkdtemp(path.join(tmpdir(), 'longhaul-backups-'));
  const backup = path.join(copies, 'backup');
  const { script, release } = heldScript();
  await using next = await Rig.start({ script });
  const { id, parked } = await (async () => {
    await using rig = await Rig.start({ script, model: next.model });
    const repository = await someRepository();
    const waiting = await rig.delegate({ ...asksOnceInput, repository });
    const held = await rig.delegate({ ...asksOnceInput, goal: '[held]', policy: null, repository });
    await rig.settled(waiting.id, waits);
    await rig.event(held.id, ({ body }) => body.type === 'call.finished');
    await rig.event(held.id, ({ body, seq }) => body.type === 'model.started' && seq > 6);
    const made = await rig.cli(['backup', backup, '--json']);
    expect({ code: made.code, ...(JSON.parse(made.stdout) as object) }).toMatchObject({
      code: 0,
      folder: backup,
      store: 'sqlite',
      missing: [],
      skipped: [],
    });
    return { id: held.id, parked: await rig.api.runs.get.query({ run: waiting.id }) };
  })();
  await rigOn(next, async () => {
    expect(await next.cli(['restore', backup])).toMatchObject({ code: 0 });
    // As if it had been copied later than the log: what the run did next is in its tree, and not on record.
    await appendFile(path.join(next.home, 'runs', id, 'work.1', 'tree', 'log.txt'), 'once\n');
    await appendFile(path.join(next.home, 'runs', id, 'work.1', 'tree', 'more.txt'), 'more\n');
  });
  release();
  const [open] = openDecisions(await next.api.runs.get.query({ run: parked.id }));
  await next.api.decisions.decide.mutate({
    run: parked.id,
    decision: open!.request.id,
    hash: open!.request.hash,
    verdict: { kind: 'approved' },
  });
  const [one, other] = [await next.settled(id, inReview), await next.settled(parked.id, inReview)];
  expect([account(one, await next.events(id)), account(other, await next.events(parked.id))]).toEqual([
    { status: 'reviewing', verification: [0], files: 1, ran: 2 },
    { status: 'reviewing', verification: [0], files: 1, ran: 2 },
  ]);
  expect((await next.api.runs.diff.query({ run: id })).patch).toContain('+once');
  await rm(copies, { recursive: true });
});

test('with Postgres it dumps the database too, without telling its password, and says how it comes back', async () => {
  const copies = await mkdtemp(path.join(tmpdir(), 'longhaul-backups-'));
  const backup = path.join(copies, 'backup');
  const { script } = heldScript();
  await using planes = await Planes.open({ script });
  const rig = await planes.supervisor();
  planes.lead(rig);
  const { id } = await rig.delegate({ ...asksOnceInput, repository: await someRepository() });
  await rig.settled(id, waits);
  const PATH = `${path.dirname(postgresProgram('pg_dump'))}:${process.env['PATH']}`;
  const none = await rig.cli(['backup', path.join(copies, 'none')], { env: { PATH: '/nowhere' } });
  expect(none).toMatchObject({ code: 1, stderr: expect.stringMatching(/pg_dump is not there.*\n.*postgresql-client/) });
  const made = await rig.cli(['backup', backup, '--json'], { env: { PATH } });
  expect({ code: made.code, ...(JSON.parse(made.stdout) as object) }).toMatchObject({ code: 0, store: 'postgres' });
  expect((await readFile(path.join(backup, 'database.dump'))).subarray(0, 5).toString()).toBe('PGDMP');
  const home = path.join(copies, 'home');
  const restored = await rig.cli(['restore', backup, '--home', home]);
  expect(restored).toMatchObject({ code: 0, stderr: expect.stringContaining(`pg_restore --exit-on-error`) });
  await rm(copies, { recursive: true });
});
