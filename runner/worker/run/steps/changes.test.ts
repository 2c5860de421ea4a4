import { expect, test } from 'vitest';
import { LogGone, type StepContext } from '../ports/ports.ts';
import { saveForPerson } from './changes.ts';

const tree = (name: string) => ({ commit: name.repeat(40), tree: name.repeat(40) });

/** A run that has changed its tree, and whose changes cannot be saved because of `error`. */
const failing = (error: Error): StepContext =>
  ({
    state: {
      id: 'run_test',
      tree: { status: 'prepared', base: tree('a'), head: tree('b'), saved: null, bundles: [] },
      turn: null,
      soFar: null,
      result: null,
    },
    ports: { workspace: { changes: () => Promise.reject(error) } },
    signal: new AbortController().signal,
  }) as unknown as StepContext; // safe: the parts that are used are there

test('what cannot be saved does not keep a run from asking', async () => {
  expect(await saveForPerson(failing(new Error('A blob may have up to 1073741824 bytes.')))).toEqual([]);
});

test('a control plane that is gone ends the activation, as anywhere', async () => {
  await expect(saveForPerson(failing(new LogGone('no answer')))).rejects.toThrow('no answer');
});
