import { describe, expect, test } from 'vitest';
import { MemoryLog } from '../../test/fakes/memory-log.ts';
import { someTask } from '../../test/fakes/task.ts';
import { problemWith } from './append-rules.ts';
import type { WorkerEvent } from './events.ts';
import type { RunState } from './state.ts';

const tree = 'b'.repeat(40);
const head = { commit: 'a'.repeat(40), tree };
const setup = [{ command: 'npm ci', network: ['packages.example.org'], timeoutSeconds: 60 }];
const state = (newSetup: RunState['newSetup']): RunState => ({
  ...new MemoryLog(someTask({ setup })).state,
  tree: { status: 'prepared', origin: head, base: head, head, saved: null, bundles: [] },
  newSetup,
});
const started = (different: object = {}): WorkerEvent => ({
  type: 'verification.setup.started',
  v: 1,
  verification: 0,
  on: 'final',
  index: 0,
  command: 'npm ci',
  network: ['packages.example.org'],
  ...different,
});
const approved = { tree, verdict: 'approved', begun: [] } as const;

describe('a setup with network on the agent’s files', () => {
  test.each<readonly [string, RunState['newSetup'], object, string]>([
    ['that nobody was asked about', null, {}, 'Nobody approved'],
    ['that a person declined', { ...approved, verdict: 'declined' }, {}, 'Nobody approved'],
    ['that was approved for another tree', { ...approved, tree: 'c'.repeat(40) }, {}, 'Nobody approved'],
    ['that was approved for no tree', { ...approved, tree: null }, {}, 'Nobody approved'],
    [
      'that was begun before',
      { ...approved, begun: [{ verification: 0, index: 0 }] },
      {},
      'one approval is good for one',
    ],
    ['that is another command', approved, { command: 'sh' }, 'another than the task has'],
    ['that reaches further', approved, { network: ['evil.example.org'] }, 'another than the task has'],
  ])('%s does not go on record', (...[, newSetup, different, message]) => {
    expect(problemWith(state(newSetup), started(different))).toContain(message);
  });

  test.each<readonly [string, RunState['newSetup'], object]>([
    ['that a person approved for this tree', approved, {}],
    ['for another verification command', { ...approved, begun: [{ verification: 1, index: 0 }] }, {}],
    ['without its network', null, { network: [] }],
    ['on the base', null, { on: 'base' }],
  ])('%s does', (_name, newSetup, different) => {
    expect(problemWith(state(newSetup), started(different))).toBeNull();
  });
});
