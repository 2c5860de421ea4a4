export { startFakeTrigger, type FakeTrigger } from './server.ts';
export type { FakeRun } from './world.ts';
