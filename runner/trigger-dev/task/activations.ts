import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Ticket, WorkSettings } from '../../../shared/api/worker-api.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { firstSandboxUser, toolchains } from '../../machine/config/toolchain.ts';
import type { TaskOutcome } from '../protocol.ts';
import { connect } from '../../worker/plane/client.ts';
import { work, type Ended } from '../../worker/run/loop.ts';
import { openPorts } from '../../worker/start/open-ports.ts';
import { LogGone } from '../../worker/run/ports/ports.ts';
import type { Watchdog } from '../../worker/start/watchdog.ts';
import { secretsIn } from './secrets.ts';
import { workerName } from '../../worker/start/worker-name.ts';

/**
 * What a task does when its run has parked. Resolves with the ticket of the run's next activation once there is one, or
 * with null: then the task ends, and the next activation starts another.
 */
export type Wait = (parked: Extract<RunState, { status: 'waiting' }>, signal: AbortSignal) => Promise<Ticket | null>;

export interface TaskOptions {
  /** Of this process alone: two that lease under one name are taken for one. */
  readonly worker: string;
  readonly signal: AbortSignal;
  /** Used where the control plane says that waits hold a token. */
  readonly wait: Wait;
  readonly onState: (state: RunState) => void;
  /** Null where the machine has none. */
  readonly watchdog: Watchdog | null;
}

/** Works on an activation, and on those after it for as long as the task may wait for them. Can begin anew at any time. */
export const runActivations = async (first: Ticket, options: TaskOptions): Promise<TaskOutcome> => {
  for (let ticket = first; ;) {
    const { ended, waits } = await activate(ticket, options);
    if (ended.outcome === 'fenced') return { left: `It appends nothing more. ${ended.refusal.message}` };
    if (ended.outcome === 'gone') return { left: ended.reason };
    const { state } = ended;
    if (state.status !== 'waiting' || waits === 'end') return { left: null };
    const next = await options.wait(state, options.signal);
    if (next === null || options.signal.aborted) return { left: null };
    // A token can be completed by whoever knows its address: it may continue this run here, and nothing else.
    if (next.run !== first.run || next.url !== first.url)
      return { left: 'the ticket that it waited for is not for this run at this control plane' };
    ticket = next;
  }
};

interface Activated {
  readonly ended: Ended;
  readonly waits: WorkSettings['waits'];
}

const activate = async (ticket: Ticket, { worker, signal, onState, watchdog }: TaskOptions): Promise<Activated> => {
  const { log, hold, blobs, credential, printed, settings: askSettings } = connect(ticket, signal);
  using watch = watchdog?.watch(hold, folderOf(ticket)) ?? null;
  let waits: WorkSettings['waits'] = 'end';
  try {
    const { sandbox, isolation, model, keep, ...rest } = await askSettings(worker);
    waits = rest.waits;
    const dataFolder = folderOf(ticket);
    const machine = { readable: toolchains(process.env), uidBase: firstSandboxUser() };
    const settings = { dataFolder, keep, sandbox, isolation, model, ...machine };
    const given = { token: ticket.token, settings, blobs, credential, printed, secrets: secretsIn(process.env) };
    const open = async (state: RunState, over: AbortSignal) => {
      await removeEarlier(ticket);
      const ports = await openPorts(state, { ...given, signal: over });
      if (isolation.kind === 'container' && ports.owner !== null) watch?.endAlso(ports.owner);
      return ports;
    };
    const ended = await work(ticket, { log, hold, open, worker: workerName(worker, settings), signal, onState });
    // What the next activation needs is uploaded by now, and no machine keeps another's code.
    if (keep === 'uploaded') await rm(dataFolder, { recursive: true, force: true });
    return { ended, waits };
  } catch (error) {
    if (error instanceof LogGone) return { ended: { outcome: 'gone', reason: error.message }, waits };
    if (signal.aborted) return { ended: { outcome: 'gone', reason: 'the worker was told to stop' }, waits };
    throw error;
  }
};

/** Machines are new for each task run, or keep what is below the temporary folder between some of them. */
const runsFolder = (): string =>
  path.join(process.env['LONGHAUL_WORKER_FOLDER'] ?? path.join(tmpdir(), 'longhaul'), 'runs');

/** Of this activation alone: a person may be so quick that the one before still tidies up, on this same machine. */
const folderOf = ({ run, activation }: Ticket): string => path.join(runsFolder(), `${run}.${activation}`);

/** What activations of this run left here that died: with the lease in hand, nobody else has a right to it. */
const removeEarlier = async ({ run, activation }: Ticket): Promise<void> => {
  const names = await readdir(runsFolder()).catch(() => []);
  for (const name of names)
    if (name.startsWith(`${run}.`) && name !== `${run}.${activation}`)
      await rm(path.join(runsFolder(), name), { recursive: true, force: true, maxRetries: 5 });
};
