import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FakeMachine } from './machine.ts';

/** Writes a file on a machine, with its folders. */
export async function writeOn(machine: FakeMachine, path: string, content: Readable): Promise<void> {
  const child = machine.start(['sh', '-c', 'mkdir -p "$(dirname "$0")" && cat >"$0"', path]);
  const closed = once(child, 'close');
  await pipeline(content, child.stdin!);
  const [code] = await closed;
  if (code !== 0) throw new Error(`${path} could not be written`);
}

/** Hands over a file of a machine; false, with nothing handed over, if it is not there. */
export async function readOn(machine: FakeMachine, path: string, to: () => Writable): Promise<boolean> {
  const look = machine.start(['test', '-f', path]);
  const [code] = await once(look, 'close');
  if (code !== 0) return false;
  const child = machine.start(['cat', '--', path]);
  await pipeline(child.stdout!, to());
  return true;
}
