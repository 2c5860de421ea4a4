import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ToChild } from '../../runner/machine/processes/child-protocol.ts';
import { longhaul } from './rig.ts';

/**
 * Stands in for an engine whose workers are on other machines: each activation goes to the next of `count` folders, which
 * share nothing. The worker itself is the real one, in a process of its own; it is given its ticket, and settings as such a
 * machine would have them. Arguments: the folder of the machines, and how many there are.
 */
const [, , machines = '', count = '3'] = process.argv;
const counter = path.join(machines, 'activations');
const worker = spawn(process.execPath, [longhaul, 'worker-child'], {
  stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  serialization: 'json',
});

const nextMachine = (): string => {
  let number = 0;
  try {
    number = Number(readFileSync(counter, 'utf8'));
  } catch {
    // The first one.
  }
  writeFileSync(counter, String(number + 1));
  return path.join(machines, String(number % Number(count)));
};

process.on('message', (raw) => {
  const message = ToChild.parse(raw);
  if (message.kind !== 'run') return void worker.send(message);
  const dataFolder = path.join(nextMachine(), 'runs', message.ticket.run);
  worker.send({ ...message, settings: { ...message.settings, dataFolder, keep: 'uploaded' } });
});
worker.on('message', (message) => process.send?.(message));
worker.on('exit', (code) => process.exit(code ?? 1));
process.on('disconnect', () => worker.kill('SIGKILL'));
