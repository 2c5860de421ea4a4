import { describe, expect, test } from 'vitest';
import { startFakeTrigger, type FakeRun } from '../fakes/trigger/index.ts';
import { replay, type Step } from '../harness/recorded-trigger.ts';

const becomes =
  (...statuses: readonly FakeRun['status'][]): Step =>
  ({ fake, run }) =>
    statuses.forEach((status) =>
      fake.world.report(run, status, status === 'EXPIRED' ? 'Run expired because the TTL (2s) was reached' : null),
    );
const failsWith =
  (error: NonNullable<FakeRun['error']>): Step =>
  ({ fake, run }) => {
    fake.world.report(run, 'EXECUTING');
    run.attempts = 1;
    run.error = error;
    fake.world.report(run, 'FAILED', error.message);
    run.error = error;
  };
const has =
  (recorded: string, status: FakeRun['status'] = 'QUEUED', tags: readonly string[] = []): Step =>
  (talk) => {
    const { run } = talk.fake.world.trigger('longhaul-run', '{}', { tags, ttl: 5, idempotencyKey: recorded });
    talk.name(recorded, run);
    if (status !== 'QUEUED') talk.fake.world.report(run, status, 'it ended');
  };
/** The run that was triggered last is that one of the server's. */
const isNamed =
  (recorded: string): Step =>
  (talk) =>
    talk.name(recorded, talk.run);
/** The request was made before, and what it began stands like this. */
const unheard =
  (line: number, status: FakeRun['status']): Step =>
  async (talk) => {
    await talk.say(line);
    talk.fake.world.report(talk.run, 'EXECUTING');
    talk.fake.world.report(talk.run, status);
  };
const untilTimedOut: Step = ({ fake }) =>
  fake.world.until(() => fake.world.tokens.find(({ status }) => status === 'TIMED_OUT'));

const aText: readonly Step[] = [
  ({ fake }) => (fake.listsUntil = new Date(0)),
  93,
  94,
  95,
  failsWith({ message: 'trigger.dev internal error (TASK_INPUT_ERROR)' }),
  ({ fake }) => (fake.listsUntil = null),
  97,
  98,
  99,
];

const registration = {
  localOnly: true,
  metadata: {
    packageVersion: '4.8.3',
    contentHash: 'hash',
    tasks: [{ id: 'longhaul-run', filePath: 'runner/worker/entries/trigger.ts', maxDuration: 14_400 }],
  },
  engine: 'V2',
  supportsLazyAttempts: true,
};

const conversations: Readonly<Record<string, readonly Step[]>> = {
  'a payload that is a text is kept as a text; a list is behind; a key is free again after a failure': aText,
  'a payload that is an object is kept as one': [
    96,
    failsWith({ name: 'TypeError', message: 'fetch failed', stackTrace: 'TypeError: fetch failed' }),
    100,
  ],
  'a task that no version has': [101, becomes('PENDING_VERSION'), 102],
  'a run that nobody begins expires, is neither completed nor failed, and loses its key to the next': [
    106,
    becomes('EXPIRED'),
    113,
    116,
  ],
  'a run is cancelled before it begins': [117, 118, 119, 120],
  'the key of a run that was cancelled, or is completed, stays taken': [
    unheard(108, 'CANCELED'),
    108,
    unheard(109, 'COMPLETED'),
    109,
  ],
  'another version than there is': [72],
  'an environment without a worker group': [({ fake }) => (fake.deployed = false), 76],
  'keys that are wrong, or none': [53, 54, 55, 56, 57, 58],
  'a run that there is not': [60, 61, 63, 64],
  'a run that is over is cancelled': [has('run_cmx0rejbw001qnp7d0mx4uy1t', 'COMPLETED'), 62],
  'a token that there is not': [65, 66, 67],
  'what is wrong with a request': [68, 69, 70, 71, 73, 115],
  'too many tags': [has('run_cmx0s3vqs0003e57dtg50x4cq', 'QUEUED', ['a', 'b', 'c', 'd']), 110],
  'a token, made, made again, completed, completed again': [77, 78, 79, 80, 81, 82, 83, 84],
  'a token that timed out': [85, untilTimedOut, 86, 87, 88, 89],
  'a list by status': [has('run_1', 'CANCELED'), has('run_2', 'CANCELED'), has('run_3', 'EXPIRED', ['longhaul']), 114],
  'realtime: rows are text, a first sight is an insert and the next an update': [
    has('run_1', 'EXPIRED', ['longhaul']),
    1,
    3,
    4,
    becomes('DEQUEUED'),
    5,
    becomes('EXECUTING'),
    6,
    ({ run }) => (run.output = { data: '{"left":null}', dataType: 'application/json' }),
    becomes('COMPLETED'),
    7,
  ],
  'realtime: all runs where no tag is named; a handle that it does not know is taken': [
    has('run_1', 'EXPIRED', ['longhaul']),
    75,
    103,
  ],
  'a task run from its dispatch to its end': [
    20,
    21,
    becomes('EXECUTING'),
    41,
    22,
    42,
    ({ run }) => {
      run.metadata['status'] = 'completed';
      run.output = { data: '{"left":null}', dataType: 'application/json' };
    },
    becomes('COMPLETED'),
    23,
  ],
  'a task run that is being started': [20, isNamed('run_cmx0rvsm8001d1o7dyxehv0yi'), becomes('DEQUEUED'), 24],
  'a task run that is cancelled at its work': [
    3,
    isNamed('run_cmx0rtfpo000g1o7dcd4clzjy'),
    becomes('EXECUTING'),
    11,
    12,
  ],
  'a task that waits, and is handed the next': [
    has('run_cmx0rvqiy001a1o7d8ohkyntx', 'EXECUTING'),
    44,
    27,
    45,
    (talk) => talk.name('waitpoint_cmx0ryhqz00261o7d2owk8jm4', talk.fake.world.tokens.at(-1)!),
    30,
    31,
    32,
  ],
  'a wrong access token': [59],
  'a run of another environment': [107],
  'no realtime': [({ fake }) => (fake.realtime = false), 105, 34, 33],
  'what a task sets': [has('run_cmx0runxs00141o7dt78pnkvc'), 43],
  'variables of an environment': [92],
  'a worker of `trigger dev` registers, takes a task run, begins, is told that it is cancelled, and gives it back': [
    35,
    36,
    37,
    38,
    47,
    // Of its body only the beginning is on record.
    { line: 40, body: registration },
    20,
    isNamed('run_cmx0s2h000000e57dhx3cj907'),
    48,
    49,
    50,
    ({ fake, run }) => fake.world.cancel(run),
    51,
    52,
  ],
};

describe('the fake Trigger.dev answers as the server did', () => {
  test.each(Object.entries(conversations))('%s', async (_, steps) => {
    await using fake = await startFakeTrigger({ forgiving: true });
    const { heard, wanted } = await replay(fake, steps);
    expect(heard).toEqual(wanted);
  });
});

test('a fake that passes a payload on as it came is found out', async () => {
  await using fake = await startFakeTrigger({ forgiving: true, encode: String });
  const { heard, wanted } = await replay(fake, aText);
  expect(heard).not.toEqual(wanted);
});
