import { openBubblewrap } from '../../runner/sandbox/namespaces/bubblewrap.ts';
import type { SandboxOptions } from '../../runner/sandbox/sandbox.ts';

/** Argument: JSON of `SandboxOptions`. Opens a sandbox, says so, and runs the command that it is sent. */
const options = JSON.parse(process.argv[2] ?? '') as SandboxOptions; // safe: the test wrote it
const sandbox = await openBubblewrap(options);
if ('outcome' in sandbox) throw new Error(sandbox.reason);
process.on('message', (argv) => {
  const command = { argv: argv as [string, ...string[]], timeoutMs: 600_000, network: [], maxOutputBytes: 1000 }; // safe: as above
  void sandbox.run(command, { signal: new AbortController().signal });
});
process.send?.('open');
