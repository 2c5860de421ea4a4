export type { Attempt, Execution, Finished } from './executor.ts';
export { startFakeTrigger, type FakeTrigger } from './server.ts';
export type { FakeRun } from './world.ts';
