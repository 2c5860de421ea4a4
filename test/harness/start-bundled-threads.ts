import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import threads, { type WorkerOptions } from 'node:worker_threads';

// Vitest's set-up in each of its processes: whoever starts a thread of the store from its source gets the bundle of that source.
const folder = process.env['LONGHAUL_TEST_THREADS'];
const source = /\/runner\/control\/store\/sqlite\/((?:writer|reader)-thread)\.ts$/;

class BundledWorker extends threads.Worker {
  constructor(program: string | URL, options?: WorkerOptions) {
    const name = source.exec(String(program))?.[1];
    super(name === undefined ? program : pathToFileURL(path.join(folder ?? '', `${name}.mjs`)), options);
  }
}

// Once in each process, however many files of tests it runs.
if (folder !== undefined && threads.Worker.name !== BundledWorker.name) {
  Object.assign(threads, { Worker: BundledWorker });
  syncBuiltinESMExports();
}
