import { expect, test } from 'vitest';
import { LiveOutputs } from './live-outputs.ts';

test('of what an activation tells the newest is kept, however it arrives, until its command has ended', () => {
  const outputs = new LiveOutputs();
  expect(outputs.of('run_a', 'act_1')).toBe(null);
  outputs.tell('run_a', { activation: 'act_1', order: 2, output: 'two' });
  outputs.tell('run_a', { activation: 'act_1', order: 1, output: 'one' });
  expect(outputs.of('run_a', 'act_1')).toBe('two');
  outputs.tell('run_a', { activation: 'act_1', order: 4, output: null });
  outputs.tell('run_a', { activation: 'act_1', order: 3, output: 'three' });
  expect(outputs.of('run_a', 'act_1')).toBe(null);
});

test('what a worker told that has lost the run is not shown', () => {
  const outputs = new LiveOutputs();
  outputs.tell('run_a', { activation: 'act_1', order: 9, output: 'old' });
  expect(outputs.of('run_a', 'act_2')).toBe(null);
  outputs.tell('run_a', { activation: 'act_2', order: 1, output: 'new' });
  expect(outputs.of('run_a', 'act_2')).toBe('new');
});

test('it does not grow without end', () => {
  const outputs = new LiveOutputs();
  for (let run = 0; run < 1200; run += 1) outputs.tell(`run_${run}`, { activation: 'a', order: 1, output: 'x' });
  expect([outputs.of('run_0', 'a'), outputs.of('run_199', 'a'), outputs.of('run_200', 'a')]).toEqual([null, null, 'x']);
});
