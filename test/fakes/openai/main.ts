import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { Script } from './script.ts';
import { startFakeOpenAi } from './server.ts';

/**
 * The fake as a process of its own: `node main.ts --script FILE [--port N] [--key KEY] [--model NAME] [--pace MS]`, where
 * FILE is a module whose default export is a Script. Prints one line of JSON, {"url": "http://…/v1"}, and serves until it
 * is killed; `GET /journal` next to /v1 shows what has been asked.
 */
const { values } = parseArgs({
  options: {
    script: { type: 'string' },
    port: { type: 'string', default: '0' },
    key: { type: 'string', default: 'sk-fake' },
    model: { type: 'string', default: 'scripted' },
    pace: { type: 'string', default: '0' },
  },
});
if (values.script === undefined) throw new Error('Which script? --script FILE');
// safe: the file is ours, and its type is checked where it is written
const { default: script } = (await import(pathToFileURL(resolve(values.script)).href)) as { default: Script };
const fake = await startFakeOpenAi({
  script,
  apiKey: values.key,
  models: [values.model],
  paceMs: Number(values.pace),
  port: Number(values.port),
});
console.log(JSON.stringify({ url: fake.url }));
