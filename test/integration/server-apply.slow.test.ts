import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ApplyInput } from '../../shared/api/runner-api.ts';
import type { ChangeSet } from '../../shared/run/artifacts.ts';
import { clientOf, failureOf, startRunner, tokenHash, type Runner } from './server-set-up.ts';

const commit = (digit: string) => ({ commit: digit.repeat(40), tree: digit.repeat(40) });

/** A run whose worker changed hello.txt and handed it over. */
const reviewed = async (runner: Runner) => {
  const state = await runner.delegate();
  const { client, token, activation } = await runner.workerFor(state);
  const leased = await client.worker.lease.mutate({ run: state.id, activation, worker: 'test' });
  if (leased.outcome === 'refused') throw new Error(leased.refusal.message);
  const put = async (body: string): Promise<string> => {
    const answer = await fetch(`${runner.serving.url}/blobs`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}` },
      body,
    });
    return ((await answer.json()) as { hash: string }).hash; // safe: what the route answers, or the test fails below
  };
  const side = async (content: string) => ({
    path: 'hello.txt',
    mode: '100644' as const,
    blob: await put(content),
    bytes: content.length,
  });
  const text =
    'diff --git a/hello.txt b/hello.txt\n--- a/hello.txt\n+++ b/hello.txt\n@@ -1 +1 @@\n-hello\n+hello, world\n';
  const changes: ChangeSet = {
    base: commit('a'),
    head: commit('b'),
    patch: await put(text),
    files: [
      {
        status: 'modified',
        before: await side('hello\n'),
        after: await side('hello, world\n'),
        binary: false,
        additions: 1,
        deletions: 1,
      },
    ],
  };
  const appended = await client.worker.append.mutate({
    run: state.id,
    activation,
    fence: leased.fence,
    batch: 1,
    after: 0,
    events: [
      { type: 'prepare.finished', v: 1, base: commit('a') },
      { type: 'report.submitted', v: 1, report: { summary: 'Done.', claims: [] } },
      {
        type: 'round.finished',
        v: 1,
        head: commit('b'),
        changes: await put(JSON.stringify(changes)),
        patch: changes.patch,
        files: 1,
        additions: 1,
        deletions: 1,
      },
    ],
  });
  if (appended.outcome === 'refused') throw new Error(appended.refusal.message);
  return { run: state.id, changes, text };
};

describe('a result', () => {
  test('is shown with its patch, applied to the tree and as a branch, and taken back; all of it is on record', async () => {
    await using runner = await startRunner();
    const { run, changes, text } = await reviewed(runner);
    const { client } = runner;
    const hello = join(runner.repo, 'hello.txt');
    expect(await client.runs.diff.query({ run })).toEqual({
      run,
      round: 1,
      changes,
      cautions: [],
      coverage: [],
      output: null,
      patch: text,
    });

    const written = [{ path: 'hello.txt', outcome: 'written', reason: '' }];
    const dry = await client.runs.applyChanges.mutate({ run, how: { kind: 'worktree', dryRun: true } });
    expect(dry).toEqual({ how: 'worktree', target: runner.repo, dryRun: true, files: written, cautions: [] });
    expect(await readFile(hello, 'utf8')).toBe('hello\n');

    for (let time = 0; time < 2; time += 1) {
      expect(await client.runs.applyChanges.mutate({ run, how: { kind: 'worktree' } })).toMatchObject({
        files: written,
      });
      expect(await readFile(hello, 'utf8')).toBe('hello, world\n');
      // Once more: nothing is written, nothing goes on record, and undo takes back the one that wrote.
      expect(await client.runs.applyChanges.mutate({ run, how: { kind: 'worktree' } })).toMatchObject({
        files: [{ path: 'hello.txt', outcome: 'already' }],
      });
      expect(await client.runs.applyChanges.mutate({ run, how: { kind: 'undo' } })).toMatchObject({
        how: 'undo',
        files: written,
      });
      expect(await readFile(hello, 'utf8')).toBe('hello\n');
    }
    expect(await failureOf(client.runs.applyChanges.mutate({ run, how: { kind: 'undo' } }))).toMatchObject({
      refusal: 'conflict',
    });
    expect(await client.runs.applyChanges.mutate({ run, how: { kind: 'branch', branch: 'longhaul/hello' } })).toEqual({
      how: 'branch',
      target: 'longhaul/hello',
      dryRun: false,
      cautions: [],
      files: written,
    });
    expect(
      await failureOf(client.runs.applyChanges.mutate({ run, how: { kind: 'branch', branch: 'longhaul/hello' } })),
    ).toMatchObject({ refusal: 'conflict' });

    const events = await client.runs.events.query({ run });
    expect(
      events.flatMap(({ body }) => (body.type === 'changes.applied' ? [[body.how, body.files, body.conflicts]] : [])),
    ).toEqual([
      ['worktree', 1, 0],
      ['undo', 1, 0],
      ['worktree', 1, 0],
      ['undo', 1, 0],
      ['branch', 1, 0],
    ]);
  });

  test('is applied in part, as far as it was accepted and as it was seen, here or in a work tree of its own', async () => {
    await using runner = await startRunner();
    const { run, changes } = await reviewed(runner);
    const { client } = runner;
    const part = (path: string, units: string[] | null, patch: string | null = changes.patch) =>
      client.runs.applyChanges.mutate({ run, how: { kind: 'worktree', accepted: [{ path, units }], patch } });
    expect(await failureOf(part('hello.txt', []))).toMatchObject({ refusal: 'conflict' });
    expect(await failureOf(part('other.txt', null))).toMatchObject({ refusal: 'conflict' });
    expect(await failureOf(part('hello.txt', null, 'f'.repeat(64)))).toMatchObject({ refusal: 'stale' });
    expect(await readFile(join(runner.repo, 'hello.txt'), 'utf8')).toBe('hello\n');

    const path = join(runner.folder, 'beside');
    const how: ApplyInput['how'] = {
      kind: 'new-worktree',
      own: true,
      branch: 'part',
      path,
      accepted: [{ path: 'hello.txt', units: ['-1,1 +1,1'] }],
      patch: null,
    };
    expect(await client.runs.applyChanges.mutate({ run, how })).toMatchObject({ how: 'branch', target: 'part' });
    expect(await readFile(join(path, 'hello.txt'), 'utf8')).toBe('hello, world\n');
    expect(await part('hello.txt', ['-1,1 +1,1'])).toMatchObject({
      files: [{ path: 'hello.txt', outcome: 'written' }],
    });
    expect(await readFile(join(runner.repo, 'hello.txt'), 'utf8')).toBe('hello, world\n');
  });

  test('of which a blob is gone or damaged says which, of what, and what to do', async () => {
    await using runner = await startRunner();
    const { run, changes } = await reviewed(runner);
    const { patch } = changes;
    const file = join(runner.home.blobs, patch.slice(0, 2), patch.slice(2));
    const kept = await readFile(file);
    const said = async (): Promise<unknown> => failureOf(runner.client.runs.diff.query({ run }));
    await writeFile(file, 'another');
    const damaged = await said();
    await rm(file);
    const gone = await said();
    const refusal = (verb: string) => ({
      code: 'NOT_FOUND',
      message: `Blob ${patch.slice(0, 12)}, the patch of run 1, ${verb}.`,
      refusal: 'not_found',
    });
    expect([damaged, gone]).toMatchObject([
      refusal('is damaged where it is kept'),
      refusal('is not among the runner’s blobs any more'),
    ]);
    await writeFile(file, kept);
    expect((await runner.client.runs.diff.query({ run })).patch).toBe(kept.toString());
  });

  test('writes over nothing that was changed meanwhile', async () => {
    await using runner = await startRunner();
    const { run } = await reviewed(runner);
    await writeFile(join(runner.repo, 'hello.txt'), 'my own words\n');
    const applied = await runner.client.runs.applyChanges.mutate({ run, how: { kind: 'worktree' } });
    expect(applied.files).toMatchObject([{ path: 'hello.txt', outcome: 'conflict' }]);
    expect(await readFile(join(runner.repo, 'hello.txt'), 'utf8')).toContain('my own words\n');
  });

  test('can still be applied when it was accepted and the runner has tidied up', async () => {
    await using runner = await startRunner();
    const { run } = await reviewed(runner);
    await runner.client.runs.review.mutate({ run, round: 1, verdict: 'accepted' });
    await runner.restart();
    const how = { kind: 'branch', branch: 'later' } as const;
    expect(await runner.client.runs.applyChanges.mutate({ run, how })).toMatchObject({ target: 'later' });
  });

  test('is applied only by whoever owns the machine, and only when there is one', async () => {
    await using runner = await startRunner({
      change: (config) => ({
        ...config,
        server: {
          ...config.server,
          tokens: [{ hash: tokenHash('a-developer-elsewhere'), name: 'dev', tenant: 'local', role: 'developer' }],
        },
      }),
    });
    const state = await runner.delegate();
    const how = { kind: 'worktree' } as const;
    expect(await failureOf(runner.client.runs.applyChanges.mutate({ run: state.id, how }))).toMatchObject({
      refusal: 'conflict',
    });
    expect(await failureOf(runner.client.runs.diff.query({ run: state.id }))).toMatchObject({ refusal: 'conflict' });
    const { run } = await reviewed(runner);
    const remote = clientOf(runner.serving.url, 'a-developer-elsewhere');
    expect(await failureOf(remote.runs.applyChanges.mutate({ run, how }))).toMatchObject({
      code: 'FORBIDDEN',
      refusal: 'denied',
    });
    expect(await readFile(join(runner.repo, 'hello.txt'), 'utf8')).toBe('hello\n');
  });
});
