import { createTRPCClient } from '@trpc/client';
import { expect, test } from 'vitest';
import type { ApiRouter } from '../../../shared/api/router.ts';
import type { Asked } from '../../machine/processes/child-protocol.ts';
import { Parent } from './parent.ts';

const input = { run: 'run_000000000001', activation: 'act_000000000001', of: 'source' as const };

const channel = () => {
  const asked: Asked[] = [];
  const parent = new Parent((one) => asked.push(one));
  const { worker } = createTRPCClient<ApiRouter>({ links: [parent.link] });
  return { asked, parent, worker };
};

const answerOf = (data: unknown) => ({ result: { data } });

test('questions are answered by their number, in whatever order', async () => {
  const { asked, parent, worker } = channel();
  const first = worker.credential.mutate(input);
  const second = worker.settings.query(input);
  expect(asked).toEqual([
    { kind: 'ask', id: 1, path: 'worker.credential', type: 'mutation', input },
    { kind: 'ask', id: 2, path: 'worker.settings', type: 'query', input },
  ]);
  parent.answered({ kind: 'answer', id: 2, answer: answerOf('second') });
  parent.answered({ kind: 'answer', id: 1, answer: answerOf('first') });
  expect(await Promise.all([first, second])).toEqual(['first', 'second']);
});

test('an error comes as one that came over HTTP would', async () => {
  const { parent, worker } = channel();
  const asking = worker.settings.query(input);
  const error = { message: 'Not yours.', code: -32003, data: { code: 'FORBIDDEN', httpStatus: 403 } };
  parent.answered({ kind: 'answer', id: 1, answer: { error } });
  await expect(asking).rejects.toMatchObject({
    name: 'TRPCClientError',
    message: 'Not yours.',
    data: { code: 'FORBIDDEN' },
  });
});

test('who asked no longer waits once its time is over, and what comes then is passed over', async () => {
  const { parent, worker } = channel();
  const over = new AbortController();
  const asking = worker.settings.query(input, { signal: over.signal });
  over.abort();
  // No data: as without an answer, so that it is asked again.
  await expect(asking).rejects.toMatchObject({ name: 'TRPCClientError', data: undefined });
  expect(() => parent.answered({ kind: 'answer', id: 1, answer: answerOf('late') })).not.toThrow();
});

test('nothing is asked for which no time is left', async () => {
  const { asked, worker } = channel();
  await expect(worker.settings.query(input, { signal: AbortSignal.abort() })).rejects.toThrow();
  expect(asked).toEqual([]);
});
