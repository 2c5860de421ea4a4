export * from './reply.ts';
export { type Asked, type Entry, type Place, type Script, scripted, sequence, type Step } from './script.ts';
export { comparable, type FakeOpenAi, type FakeOptions, startFakeOpenAi } from './server.ts';
export type { JournalEntry } from './exchange.ts';
