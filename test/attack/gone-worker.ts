import { openBubblewrap } from '../../runner/sandbox/namespaces/bubblewrap.ts';
import path from 'node:path';
import { Hold } from '../../runner/worker/run/ports/hold.ts';
import { startWatchdog } from '../../runner/worker/start/watchdog.ts';
import type { SandboxOptions } from '../../runner/sandbox/sandbox.ts';

/** Argument: JSON of `SandboxOptions`. Opens a sandbox, says so, and runs the command that it is sent. */
const options = JSON.parse(process.argv[2] ?? '') as SandboxOptions; // safe: the test wrote it
const watchdog = startWatchdog();
const hold = new Hold();
watchdog?.watch(hold, path.dirname(options.scratch));
hold.begin(hold.now(), 600_000);
const sandbox = await openBubblewrap(options);
if ('outcome' in sandbox) throw new Error(sandbox.reason);
process.on('message', (argv) => {
  const command = { argv: argv as [string, ...string[]], timeoutMs: 600_000, network: [], maxOutputBytes: 1000 }; // safe: as above
  void sandbox.run(command, { signal: new AbortController().signal });
});
process.send?.('open');
