import { expect, test } from 'vitest';
import type { RunEvent } from '../../../../shared/run/events.ts';
import { MemoryLog } from '../../../../test/fakes/memory-log.ts';
import { someTask } from '../../../../test/fakes/task.ts';
import type { ModelOutcome } from '../../models/model.ts';
import type { StepContext } from '../ports/ports.ts';
import { takeTurn } from './turn.ts';

test('the same question is asked under the same key, and another one under another, whichever attempt it is said to be', async () => {
  const log = new MemoryLog(someTask({ goal: 'Do it.' }));
  const keys: string[] = [];
  const respond = async ({ idempotencyKey }: { readonly idempotencyKey: string }): Promise<ModelOutcome> => {
    keys.push(idempotencyKey);
    return { kind: 'aborted' };
  };
  const asked = async (events: readonly RunEvent[], attempt: number): Promise<string> => {
    const context = {
      state: log.state,
      events,
      ports: { model: { name: 'scripted', contextWindow: null, respond }, images: async () => [] },
      signal: new AbortController().signal,
      append: async () => {},
    } as unknown as StepContext; // safe: an aborted turn touches nothing else
    expect(await takeTurn(context, { turn: 0, attempt, responseId: null })).toEqual([]);
    return keys.at(-1)!;
  };
  const before = [...log.events];
  const first = await asked(before, 1);
  expect(await asked(before, 1)).toBe(first);
  expect(await asked(before, 2)).not.toBe(first);
  // What the model is shown can become another thing within an attempt: when earlier turns were summed up, say.
  log.command({ kind: 'message', by: 'person:ada', text: 'And that.' });
  expect(await asked(log.events, 1)).not.toBe(first);
});
