// Runs tests, or any command, while three busy loops per core run beside it: no test may need an idle machine.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

const usage = `Usage, after "npm run test:busy --":
  test/integration/disk.slow.test.ts …       these files of tests
  vitest run --project integration      a suite; any command`;

const words = process.argv.slice(2);
if (words.length === 0 || words[0] === '--help') {
  console.error(words.length === 0 ? `longhaul: say what to run beside the busy loops.\n${usage}` : usage);
  process.exit(words.length === 0 ? 2 : 0);
}
const isTest = (word) => word.endsWith('.test.ts');
const [program, ...args] = words.some(isTest) && !/^(npx|vitest)$/.test(words[0]) ? ['vitest', 'run', ...words] : words;

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
// Told to stop, it tells the command so, and ends with it: else the command would go on alone.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
