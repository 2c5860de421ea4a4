import { LiveOutputs } from '../../runner/control/live/live-outputs.ts';
import { pino } from 'pino';
import { startDispatcher } from '../../runner/control/engine/dispatcher.ts';
import { returnLeases } from '../../runner/control/supervisor/care.ts';
import { startSupervisor } from '../../runner/control/supervisor/supervisor.ts';
import { onlyOne } from '../../runner/control/store/role.ts';
import type { ControlPlane } from '../../runner/control/usecases/plane.ts';
import { workerApi } from '../../runner/control/usecases/worker.ts';
import type { WorkerApi } from '../../shared/api/worker-api.ts';
import { ChildEngine } from './engine.ts';
import { Process } from './process.ts';
import type { ContendedRole } from './role.ts';
import { NoAnswer } from './network.ts';
import type { World } from './world.ts';

export const leaseSeconds = 30;
const silent = pino({ level: 'silent' });

/** A control plane: the real supervisor, dispatcher and worker's API over a simulated engine. It is started again and again. */
export class Plane {
  readonly name: string;
  process: Process;
  /** Null: it is alone and has it always. */
  role: ContendedRole | null = null;
  engine: ChildEngine | null = null;
  #api: WorkerApi | null = null;
  #underWay = new Set<Promise<void>>();
  #stop: (() => Promise<void>) | null = null;
  readonly #world: World;

  constructor(world: World, name: string) {
    this.#world = world;
    this.name = name;
    this.process = new Process(name);
    this.process.kill();
  }

  /** What a worker asks of it. Once it closes, what comes is refused, and what is under way is still answered. */
  async answer<Answer>(ask: (api: WorkerApi) => Promise<Answer>): Promise<Answer> {
    if (this.#api === null) throw new NoAnswer(`${this.name} does not serve`);
    const answer = ask(this.#api);
    const over = answer.then(
      () => {},
      () => {},
    );
    this.#underWay.add(over);
    try {
      return await answer;
    } finally {
      this.#underWay.delete(over);
    }
  }

  /** It was told to stop, and has not ended yet. */
  get stopping(): boolean {
    return this.process.alive && this.#stop === null;
  }

  start(): void {
    const { time } = this.#world;
    const process = new Process(this.name);
    this.process = process;
    this.role = this.#world.several ? this.#world.roleOf(process) : null;
    this.#api = null;
    this.#underWay = new Set();
    this.#stop = null;
    time.in(process, () => {
      this.#serve(process).catch(() => {
        // Its database is away: it ends, and whoever looks after it starts it again.
        if (process.alive) this.restart(2_000);
      });
    });
  }

  /** SIGKILL, and a new process so much later. */
  restart(ms: number): void {
    this.#world.disturb(ms);
    this.process.kill();
    this.#world.time.after(ms, null, () => this.start());
  }

  /** SIGTERM: it gives up what it has in order, and ends. */
  stopGracefully(ms: number): void {
    const { process } = this;
    const stop = this.#stop;
    if (stop === null || process.stopped) return this.restart(ms);
    this.#world.disturb(20_000 + ms);
    this.#stop = null;
    const { time } = this.#world;
    // It may have been killed meanwhile, and then somebody has started it again.
    const again = (): void => {
      if (this.process === process && process.alive) this.restart(ms);
    };
    time.after(0, process, () => {
      void stop()
        .catch(() => {})
        .then(() => time.after(1, null, again));
    });
    // Whoever stops it does not wait for ever.
    time.after(20_000, null, again);
  }

  /** As `serve.ts` puts it together. */
  async #serve(process: Process): Promise<void> {
    const world = this.#world;
    const role = this.role ?? onlyOne;
    this.role?.start(process);
    const now = () => Date.now();
    const store = world.store.open();
    const workersOf = world.several ? `${this.name} ` : '';
    const engine = new ChildEngine(world, this, { owner: process, workersOf });
    this.engine = engine;
    // safe: these are all that a worker's lease, appends and heartbeats use
    const plane = {
      store,
      engine,
      now,
      outputs: new LiveOutputs(),
      config: { leaseSeconds },
    } as unknown as ControlPlane;
    this.#api = workerApi(plane);
    const dispatcher = startDispatcher({
      store,
      engine,
      role,
      limits: { perTenant: null, perRepository: null },
      now,
      log: silent,
      ticketFor: ({ run, activation }) => ({ run, activation, url: `http://${this.name}`, token: 'token' }),
    });
    const nothingToClean = { touched: () => {}, pass: async () => Infinity };
    const retention = nothingToClean;
    const supervisor = await startSupervisor({
      store,
      engine,
      dispatcher,
      retention,
      role,
      workersOf,
      leaseSeconds,
      now,
      log: silent,
    });
    this.#stop = async () => {
      await supervisor[Symbol.asyncDispose]();
      dispatcher[Symbol.dispose]();
      this.#api = null;
      await Promise.all(this.#underWay);
      await engine[Symbol.asyncDispose]();
      await returnLeases({ store, workersOf, log: silent }, 'the runner was stopped');
      await this.role?.giveUp();
    };
  }
}
