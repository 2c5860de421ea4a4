// Runs a command while three busy loops per core run beside it: `node scripts/busy.mjs vitest run --project integration`. No test may need an idle machine.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

const [program, ...args] = process.argv.slice(2);
if (program === undefined) {
  console.error('longhaul: say what to run, such as: npm run test:busy -- vitest run --project unit');
  process.exit(2);
}
/** However long the command takes, this machine is not kept busy for longer. */
const mostMs = 2 * 3_600_000;
const loop = `setTimeout(() => process.exit(), ${mostMs}); const turn = () => { const end = Date.now() + 50; while (Date.now() < end); setImmediate(turn); }; turn();`;
const loops = Array.from({ length: 3 * availableParallelism() }, () => new Worker(loop, { eval: true }));
const child = spawn(program, args, { stdio: 'inherit' });
child.on('error', (error) => {
  console.error(`longhaul: ${program} could not be started: ${error.message}`);
  process.exit(2);
});
child.on('exit', (code) => {
  for (const each of loops) void each.terminate();
  process.exit(code ?? 1);
});
