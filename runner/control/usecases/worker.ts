import { createHash } from 'node:crypto';
import type { Principal } from '../../../shared/api/runner-api.ts';
import { contract } from '../../../shared/api/worker-api.ts';
import type {
  Appended,
  AppendInput,
  Held,
  HeartbeatInput,
  Leased,
  LeaseInput,
  Refused,
  WorkerApi,
  WorkSettings,
} from '../../../shared/api/worker-api.ts';
import { decisionSubject } from '../../../shared/decision/decision.ts';
import type { WorkerEvent } from '../../../shared/run/events.ts';
import { refuse } from '../../../shared/run/refusal.ts';
import { sandboxForWorkers } from '../../machine/config/config.ts';
import type { Store, Written } from '../store/store.ts';
import { readLog } from './log.ts';
import type { ControlPlane } from './plane.ts';
import { workerCredential } from './remotes.ts';

/** What a worker may do with the token of one activation. The router has checked that the token is for it. */
export const workerApi = (plane: ControlPlane): WorkerApi => {
  const leaseMs = plane.config.leaseSeconds * 1000;
  return {
    settings: async (caller, input) => {
      checked(caller, input);
      return settings(plane);
    },
    lease: (caller, input) => lease(plane, { leaseMs, input: checked(caller, input) }),
    append: (caller, input) => append(plane, { leaseMs, input: checked(caller, input) }),
    heartbeat: (caller, input) => heartbeat(plane, { leaseMs, input: checked(caller, input) }),
    printed: async (caller, input) => {
      const { run, ...told } = checked(caller, input);
      plane.outputs.tell(run, told);
      return null;
    },
    credential: (caller, input) => workerCredential(plane, checked(caller, input)),
  };
};

/** Folders and user ids are not in it: those are of the worker's machine, which knows them itself. */
const settings = ({ config, keep }: ControlPlane): WorkSettings => {
  const { model, engine } = config;
  return {
    contract,
    ...sandboxForWorkers(config),
    model,
    keep,
    waits: engine.kind === 'trigger' ? engine.waits : 'end',
  };
};

/** The router checks this as well; what a token may do is worth a second look. */
const checked = <Input extends { readonly run: string; readonly activation: string }>(
  caller: Principal,
  input: Input,
): Input => {
  if (caller.kind === 'worker' && caller.run === input.run && caller.activation === input.activation) return input;
  throw new Error('a token came through to an activation that it is not for');
};

interface Asked<Input> {
  readonly leaseMs: number;
  readonly input: Input;
}

const lease = async (plane: ControlPlane, { leaseMs, input }: Asked<LeaseInput>): Promise<Leased | Refused> => {
  const { store, now } = plane;
  const written = await store.command(
    input.run,
    { kind: 'lease', activation: input.activation, worker: input.worker },
    { leaseUntil: now() + leaseMs },
  );
  if (written.outcome === 'refused') return written;
  return { outcome: 'leased', fence: written.state.fence, leaseMs, events: await readLog(store, input.run) };
};

const append = async (plane: ControlPlane, { leaseMs, input }: Asked<AppendInput>): Promise<Appended | Refused> => {
  const problem = await problemWith(plane.store, input);
  if (problem !== null) return refuse('invalid', problem, 'This is a defect of the worker; see the runner’s log.');
  const { run, activation, fence, events, batch, after } = input;
  const written = await plane.store.command(
    run,
    { kind: 'append', activation, fence, events },
    { batch, after, leaseUntil: plane.now() + leaseMs },
  );
  if (written.outcome === 'done' && written.state.status !== 'working') {
    plane.outputs.forget(run);
    plane.engine.parked(activation);
  }
  return input.brief ? briefly(held(written), input) : held(written);
};

/** What stands in the log as it was sent is not sent back. After a lost answer it may be other events that are new to the worker. */
const briefly = (answer: Held | Refused, { activation, events: sent }: AppendInput): Appended | Refused => {
  if (answer.outcome === 'refused') return answer;
  const own = answer.events.filter((event) => event.activation === activation);
  if (own.length !== sent.length) return answer;
  return {
    outcome: 'held',
    events: answer.events.map((event) => {
      const { seq, position, at } = event;
      return event.activation === activation ? { seq, position, at, own: own.indexOf(event) } : event;
    }),
  };
};

const heartbeat = async (plane: ControlPlane, { leaseMs, input }: Asked<HeartbeatInput>): Promise<Held | Refused> =>
  held(await plane.store.heartbeat({ ...input, leaseUntil: plane.now() + leaseMs }));

const held = (written: Written): Held | Refused =>
  written.outcome === 'done' ? { outcome: 'held', events: written.events } : written;

/** What a person decides on must be what its hash says, and what an event points to must be there. Null: all is well. */
const problemWith = async (store: Store, { run, events }: AppendInput): Promise<string | null> => {
  for (const event of events) {
    if (event.type === 'decision.requested') {
      const { request } = event;
      const hash = createHash('sha256').update(decisionSubject(run, request)).digest('hex');
      if (hash !== request.hash) return `The hash of decision ${request.id} is not that of what it asks.`;
    }
  }
  for (const hash of new Set(events.flatMap(blobsOf))) {
    if (!(await store.runHasBlob(run, hash))) return `Blob ${hash} was not uploaded for run ${run}.`;
  }
  return null;
};

const blobsOf = (event: WorkerEvent): readonly string[] => {
  if (event.type === 'round.finished' || event.type === 'changes.saved') return [event.changes, event.patch];
  if (event.type === 'output.submitted') return 'text' in event.output ? [event.output.text] : [];
  if (event.type === 'checkpoint.uploaded' || event.type === 'verification.counted') return [event.blob];
  return 'outputBlob' in event && event.outputBlob !== null ? [event.outputBlob] : [];
};
