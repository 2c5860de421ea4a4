import { readFile } from 'node:fs/promises';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FeedInput } from '../../shared/api/runner-api.ts';
import { apiRouter } from '../../shared/api/router.ts';
import { signRunToken } from '../../runner/control/server/run-token.ts';
import { startRunner, type Runner } from '../integration/server-set-up.ts';

/** Inputs for each procedure. */
const total = 10_000;
/** A server takes 500 calls at once, and a URL some of them. */
const perPost = 250;
const perGet = 10;
/** A head may be 16 KB (node's default). */
const longestUrl = 12_000;

/** Stop the runner, and read no input: there is nothing to fuzz. */
const withoutInput = ['runner.shutdown', 'runner.info', 'decisions.list'];

let runner: Runner;
let runToken: string;
let known: { readonly run: string; readonly activation: string };

beforeAll(async () => {
  // Nothing but the fuzz may write: the lease that is taken here outlives it.
  runner = await startRunner({ change: (config) => ({ ...config, leaseSeconds: 600 }) });
  const state = await runner.delegate();
  const worker = await runner.workerFor(state);
  known = { run: state.id, activation: worker.activation };
  await worker.client.worker.lease.mutate({ ...known, worker: 'w' });
  const secret = Buffer.from((await readFile(runner.home.secret, 'utf8')).trim(), 'hex');
  runToken = signRunToken(secret, { ...known, now: Date.now() });
});
afterAll(() => runner[Symbol.asyncDispose]());

const hash = 'ab'.repeat(32);
const unknownRun = 'run_nobodyhasthis';

/** Values that look right in some place, so that nonsense gets past the first check. */
const plausible = (): fc.Arbitrary<unknown> =>
  fc.oneof(
    fc.constantFrom<unknown>(
      known.run,
      known.activation,
      unknownRun,
      'dec_aaaa',
      hash,
      null,
      true,
      0,
      -1,
      1,
      2 ** 53,
      1e308,
      '',
      '/',
      runner.repo,
      '../..',
      'worktree',
      'accepted',
      'changes',
      '2030-01-01T00:00:00.000Z',
      '\u0000',
      '__proto__',
      'x'.repeat(300),
      { kind: 'worktree' },
      { commit: '--help' },
      { kind: 'remote', url: 'https://git.example.invalid/x.git', ref: null },
      {
        kind: 'bundle',
        blob: hash,
        needs: null,
        exclude: '',
        commit: 'a'.repeat(40),
        head: null,
        branch: null,
        dirty: true,
        settings: [],
      },
    ),
    fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<unknown>,
  );

/** Every field name that some input or event has, and a few that none has. */
const fields = [
  'run',
  'activation',
  'fence',
  'batch',
  'after',
  'events',
  'worker',
  'goal',
  'repository',
  'base',
  'source',
  'inputs',
  'about',
  'exact',
  'dedupeKey',
  'url',
  'budget',
  'policy',
  'decision',
  'hash',
  'arguments',
  'reason',
  'answer',
  'text',
  'verdict',
  'comments',
  'how',
  'status',
  'limit',
  'before',
  'tree',
  'path',
  'lastEventId',
  'type',
  'v',
  '__proto__',
  'constructor',
  'then',
  'toString',
];

const right: Record<string, () => Record<string, unknown>> = {
  'runs.list': () => ({ status: null, limit: 10 }),
  'runs.get': () => ({ run: unknownRun }),
  'runs.events': () => ({ run: unknownRun, after: 0 }),
  'runs.feed': () => ({ run: unknownRun, after: 0 }),
  'runs.delegate': () => ({ goal: 'x', repository: '/nowhere', base: 'worktree', priority: 0 }),
  'runs.preview': () => ({ settings: { kind: 'folder', path: '/nowhere' } }),
  'recipes.list': () => ({ repository: '/nowhere' }),
  'repositories.list': () => ({ check: true }),
  'repositories.add': () => ({ repository: '/nowhere' }),
  'repositories.remove': () => ({ repository: '/nowhere' }),
  'triggers.list': () => ({ repository: '/nowhere' }),
  'triggers.show': () => ({ repository: '/nowhere', name: 'nightly' }),
  'triggers.enable': () => ({ repository: '/nowhere', name: 'nightly' }),
  'triggers.disable': () => ({ repository: '/nowhere', name: 'nightly' }),
  'triggers.fire': () => ({ repository: '/nowhere', name: 'nightly', key: 'x' }),
  'runs.printed': () => ({ run: unknownRun }),
  'runs.message': () => ({ run: unknownRun, text: 'x' }),
  'runs.diff': () => ({ run: unknownRun }),
  'runs.tree': () => ({ run: unknownRun, tree: 'a'.repeat(40), after: 'src', limit: 2 }),
  'runs.treeFile': () => ({ run: unknownRun, tree: 'a'.repeat(40), path: 'src/main.ts' }),
  'runs.review': () => ({ run: known.run, round: 1, verdict: 'accepted', reason: '', comments: [] }),
  'runs.cancel': () => ({ run: unknownRun, reason: '' }),
  'runs.pause': () => ({ run: unknownRun }),
  'runs.retry': () => ({ run: unknownRun }),
  'runs.archive': () => ({ run: unknownRun }),
  'runs.unarchive': () => ({ run: unknownRun }),
  'runs.deletion': () => ({ run: unknownRun }),
  'runs.delete': () => ({ run: unknownRun }),
  'runs.recordApplied': () => ({ run: unknownRun, how: 'branch', target: 'x', files: 1, conflicts: 0 }),
  'runs.remoteRefs': () => ({ url: 'https://git.example.invalid/x.git' }),
  'decisions.decide': () => ({
    run: known.run,
    decision: 'dec_aaaa',
    hash,
    verdict: { kind: 'approved', arguments: null },
  }),
  'decisions.renew': () => ({ run: known.run, decision: 'dec_aaaa' }),
  'audit.list': () => ({}),
  'audit.verify': () => ({}),
  'audit.export': () => ({ after: 0 }),
  'worker.lease': () => ({ ...known, worker: 'another' }),
  'worker.append': () => ({ ...known, fence: 99, batch: 1, after: 0, events: [{ type: 'prepare.started', v: 1 }] }),
  'worker.heartbeat': () => ({ ...known, fence: 99, after: 0 }),
  'worker.printed': () => ({ ...known, order: 1, output: 'x' }),
  'worker.credential': () => ({ ...known, of: 'source' }),
};
const rightFor = (path: string): Record<string, unknown> =>
  (right[path] ?? (() => ({ run: unknownRun, how: { kind: 'worktree' } })))();

/** Nonsense, near misses (a right input with a few fields changed, taken away or added), and right inputs that must be refused. */
const anyInput = (path: string): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 2, arbitrary: plausible() },
    {
      weight: 5,
      arbitrary: fc
        .array(fc.tuple(fc.constantFrom(...fields, ...Object.keys(rightFor(path))), fc.option(plausible())), {
          maxLength: 3,
        })
        .map((changes) => {
          const input = rightFor(path);
          for (const [field, value] of changes) {
            if (value === null) delete input[field];
            else Object.defineProperty(input, field, { value, enumerable: true, configurable: true, writable: true });
          }
          // A real run may be fuzzed where that cannot change it; a message to it would be one.
          if (input['run'] === known.run && !path.startsWith('worker.') && !path.startsWith('decisions.'))
            input['run'] = unknownRun;
          if (input['repository'] === runner.repo) input['repository'] = '/nowhere';
          // The real lease is fence 1, and what holds it may write.
          if (path.startsWith('worker.') && input['fence'] === 1) input['fence'] = 2;
          return input;
        }),
    },
  );

interface Result {
  readonly result?: unknown;
  readonly error?: {
    readonly message: string;
    readonly data: { readonly code: string; readonly httpStatus: number; readonly stack?: unknown };
  };
}

const headersFor = (path: string): Record<string, string> => ({
  authorization: `Bearer ${path.startsWith('worker.') ? runToken : runner.serving.token}`,
});

const postBatch = async (path: string, inputs: readonly unknown[]): Promise<readonly Result[]> => {
  const answer = await fetch(`${runner.serving.url}/trpc/${inputs.map(() => path).join(',')}?batch=1`, {
    method: 'POST',
    headers: { ...headersFor(path), 'content-type': 'application/json' },
    body: JSON.stringify(Object.fromEntries(inputs.entries())),
  });
  return resultsOf(await answer.json(), inputs.length);
};

const getBatch = async (path: string, inputs: readonly unknown[]): Promise<readonly Result[]> => {
  const query = encodeURIComponent(JSON.stringify(Object.fromEntries(inputs.entries())));
  if (query.length > longestUrl && inputs.length > 1) {
    const middle = Math.ceil(inputs.length / 2);
    return [...(await getBatch(path, inputs.slice(0, middle))), ...(await getBatch(path, inputs.slice(middle)))];
  }
  const answer = await fetch(`${runner.serving.url}/trpc/${inputs.map(() => path).join(',')}?batch=1&input=${query}`, {
    headers: headersFor(path),
  });
  return resultsOf(await answer.json(), inputs.length);
};

/** What is refused says so in the stream and ends it; what is not is a stream without end, which is left at once. */
const subscribe = async (path: string, input: unknown): Promise<readonly Result[]> => {
  const answer = await fetch(`${runner.serving.url}/trpc/${path}?input=${encodeURIComponent(JSON.stringify(input))}`, {
    headers: headersFor(path),
  });
  const wanted = FeedInput.safeParse(input);
  if (wanted.success && (wanted.data.run === null || wanted.data.run === known.run)) {
    await answer.body?.cancel();
    return [{ result: answer.status }];
  }
  const said = /^event: serialized-error\ndata: (.*)$/m.exec(await answer.text())?.[1];
  return [said === undefined ? {} : { error: JSON.parse(said) as Result['error'] & object }]; // safe: checked by the caller, field by field
};

const resultsOf = (answer: unknown, count: number): readonly Result[] => {
  const results = Array.isArray(answer) ? (answer as Result[]) : Array.from({ length: count }, () => answer as Result); // safe: checked by the caller, field by field
  expect(results).toHaveLength(count);
  return results;
};

const procedures = Object.entries(apiRouter._def.procedures as unknown as Record<string, { _def: { type: string } }>) // safe: tRPC's own record of what it serves
  .filter(([path]) => !withoutInput.includes(path))
  .map(([path, { _def }]) => [path, _def.type] as const);

test.each(procedures)(
  `%s (%s) answers ${total} inputs with a result or a typed error, and writes nothing`,
  async (path, type) => {
    const position = async (): Promise<number> => (await runner.client.runs.list.query({})).position;
    const before = await position();
    const inputs = fc.sample(anyInput(path), { numRuns: total, seed: 20_260_101 });
    const size = type === 'mutation' ? perPost : type === 'query' ? perGet : 1;
    const codes = new Map<string, number>();
    for (let from = 0; from < inputs.length; from += size) {
      const batch = inputs.slice(from, from + size);
      const results = await (type === 'mutation'
        ? postBatch(path, batch)
        : type === 'query'
          ? getBatch(path, batch)
          : subscribe(path, batch[0]));
      for (const [index, { result, error }] of results.entries()) {
        const code = error?.data.code ?? (result === undefined ? 'nothing' : 'ok');
        codes.set(code, (codes.get(code) ?? 0) + 1);
        if (error !== undefined && ('stack' in error.data || error.data.httpStatus >= 500 || error.message === ''))
          throw new Error(`${JSON.stringify(batch[index])} gave ${JSON.stringify(error)}`);
      }
    }
    expect([...codes.keys()].toSorted()).toEqual(
      [...codes.keys()]
        .filter((code) => ['ok', 'BAD_REQUEST', 'NOT_FOUND', 'CONFLICT', 'FORBIDDEN'].includes(code))
        .toSorted(),
    );
    expect([...codes.values()].reduce((sum, count) => sum + count, 0)).toBe(total);
    expect(await position()).toBe(before);
  },
);
