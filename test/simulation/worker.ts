import type { Held, Leased, Refused, Ticket, WorkerApi } from '../../shared/api/worker-api.ts';
import { StoreError } from '../../runner/control/store/store.ts';
import { work, type Ended } from '../../runner/worker/run/loop.ts';
import { told } from '../../runner/worker/plane/told.ts';
import { Hold } from '../../runner/worker/run/ports/hold.ts';
import { LogGone, type Log, type Ports } from '../../runner/worker/run/ports/ports.ts';
import { NoAnswer } from './network.ts';
import { openSandbox } from './sandbox.ts';
import { ScriptedModel } from './model.ts';
import { Process } from './process.ts';
import type { Plane } from './plane.ts';
import type { World } from './world.ts';

/** How long a control plane may be out of reach before its first answer. */
const patienceMs = 15_000;

export interface WorkerStart {
  readonly plane: Plane;
  readonly ticket: Ticket;
  readonly name: string;
  readonly signal: AbortSignal;
}

/** How an activation was left: null, it was ended on record; else why it was not, and whether that is a loss. */
export type Left = { readonly reason: string; readonly lost: boolean } | null;

/** Works on one activation in a process of its own, with the real loop. `onLeft` is called in no process's name. */
export const startWorker = (world: World, start: WorkerStart, onLeft: (left: Left) => void): Process => {
  const { ticket, name, signal } = start;
  const worker = new Process(name);
  let how: Left = { reason: 'the worker was ended', lost: true };
  worker.onDeath(() => onLeft(how));
  const hold = new Hold(() => world.time.now);
  watch(world, hold, worker);
  const left = (ended: Left): void => {
    how = ended;
    world.time.after(1, null, () => worker.kill());
  };
  world.time.in(worker, () => {
    const log = logOf(world, { ...start, hold });
    const open = async () => portsOf(world, { ticket, worker });
    work(ticket, { log, hold, open, worker: name, signal }).then(
      (ended) => left(leftBy(ended)),
      (error: unknown) => {
        // Before its first answer there is nothing that it could leave in order.
        if (!(error instanceof LogGone)) world.broken(`a worker threw ${String(error)}`);
        left({ reason: String(error), lost: true });
      },
    );
  });
  return worker;
};

/** As `entries/child.ts` reports it to its engine. */
const leftBy = (ended: Ended): Left => {
  switch (ended.outcome) {
    case 'ended':
      return null;
    case 'fenced': {
      const { code, message } = ended.refusal;
      return { reason: message, lost: code !== 'fenced' && code !== 'terminal' };
    }
    case 'gone':
      return { reason: ended.reason, lost: true };
  }
};

/** Ends a worker whose lease is over, stopped or not: it is no part of the worker. */
const watch = ({ time, sabotage }: World, hold: Hold, worker: Process): void => {
  let end = Infinity;
  if (sabotage.sparesWorkers === true) return;
  hold.onRenewal(({ kill }) => {
    end = kill;
    time.after(kill - time.now, null, () => {
      if (end === kill) worker.kill();
    });
  });
};

/** The log over a network: what is not answered is asked again under the same number until the lease is over. */
const logOf = (world: World, { plane, ticket, hold }: WorkerStart & { readonly hold: Hold }): Log => {
  const { time, network } = world;
  const { run, activation } = ticket;
  const caller = { kind: 'worker', run, activation } as const;
  const began = time.now;
  let batch = 0;
  const insist = async <Answer extends Leased | Held | Refused>(
    ask: (api: WorkerApi) => Promise<Answer>,
  ): Promise<Answer> => {
    for (let wait = 20; ; wait = Math.min(1_000, wait * 2)) {
      const sent = time.now;
      if (hold.begun) hold.check();
      else if (sent - began > patienceMs) throw new LogGone('the control plane does not answer');
      try {
        const deadlineMs = hold.requestMs;
        const answer = await network.ask({ to: plane.process, ms: 3, deadlineMs, ask: () => plane.answer(ask) });
        if (answer.outcome === 'refused' && answer.refusal.code === 'invalid')
          world.broken(`${run}: the control plane refused what its worker sent: ${answer.refusal.message}`);
        if (answer.outcome === 'leased') hold.begin(sent, answer.leaseMs);
        else if (answer.outcome === 'held') hold.renewed(sent);
        return world.sabotage.deaf === true && answer.outcome !== 'refused'
          ? (withoutMessages(answer) as Answer)
          : answer;
      } catch (error) {
        if (!(error instanceof NoAnswer || error instanceof StoreError)) throw error;
        await new Promise<void>((resolve) => time.after(wait, time.current, resolve));
      }
    }
  };
  return {
    lease: (input) => insist((api) => api.lease(caller, input)),
    append: ({ fence, after, events }) => {
      batch += 1;
      const input = { run, activation, fence, after, batch, events: [...events], brief: true };
      return insist(async (api) => {
        const answer = await api.append(caller, input);
        return answer.outcome === 'refused' ? answer : told(answer, input);
      });
    },
    heartbeat: (input) => insist((api) => api.heartbeat(caller, { run, activation, ...input })),
  };
};

const withoutMessages = <Answer extends Leased | Held>(answer: Answer): Answer => ({
  ...answer,
  events: answer.events.filter(({ body }) => body.type !== 'message.sent'),
});

interface PortsFor {
  readonly ticket: Ticket;
  readonly worker: Process;
}

const portsOf = (world: World, { ticket, worker }: PortsFor): Ports => {
  const { time, disk, outside } = world;
  const random = world.random.fork();
  const { run, activation } = ticket;
  const { tree, workspace } = disk.take(run);
  const model = new ScriptedModel({
    character: world.characterOf(run),
    time,
    random,
    onAsked: (items) => world.auditor.modelSaw(run, JSON.stringify(items)),
  });
  return {
    blobs: {
      put: async (content) => world.blob(content),
      putFile: () => Promise.reject(new Error('nothing is uploaded')),
      get: () => Promise.reject(new Error('nothing is uploaded')),
    },
    keep: 'local',
    visits: disk.visitsOf(run),
    model,
    images: async () => [],
    price: () => 0.01,
    workspace,
    sandboxes: {
      open: async (at) =>
        // Over a copy, what is done changes nothing of the run's own.
        openSandbox({
          time,
          random,
          outside,
          worker,
          run,
          activation,
          tree: at === workspace.root ? tree() : { lines: [] },
        }),
      copy: async (name) => ({ tree: `/nowhere/${name}`, [Symbol.asyncDispose]: async () => {} }),
      homeOf: () => null,
      homeIsEmpty: async () => true,
      moveHome: async () => {},
    },
    owner: null,
    ripgrep: '/nowhere/rg',
    redact: (text) => text,
    clock: {
      now: Date.now,
      sleep: (ms, signal) =>
        new Promise((resolve) => {
          const deaf = time.onAbort(signal, resolve);
          time.after(ms, worker, () => {
            deaf();
            resolve();
          });
        }),
    },
    random: () => random.next(),
    newDecisionId: () => world.newId('dec'),
  };
};
