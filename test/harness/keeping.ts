import { readFile } from 'node:fs/promises';
import type { Keeping } from '../../runner/worker/workspace/workspace.ts';

/** Keeps everything in the same way, whole; what a test reads is small. */
export const keepingIn = (store: (content: Buffer) => Promise<string>): Keeping => ({
  content: store,
  largeContent: async (file) => store(await readFile(file)),
  patch: async (file) => store(await readFile(file)),
});
