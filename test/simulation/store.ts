import { StoreError, type Committer, type Store } from '../../runner/control/store/store.ts';
import type { Write } from '../../runner/control/store/writes.ts';
import type { RunEvent } from '../../shared/run/events.ts';
import type { RunState } from '../../shared/run/state.ts';
import type { Database } from './database.ts';
import { NoAnswer, type Network } from './network.ts';
import type { Process } from './process.ts';
import type { Random } from './random.ts';
import type { VirtualTime } from './time.ts';

/** What a test may break, to see that the simulation finds it. */
export interface StoreSabotage {
  /** Called with each command just before it is done, and the run as it is then. */
  readonly write?: (write: Extract<Write, { kind: 'command' }>, state: RunState | null) => Write;
  /** Whether whoever listens hears of a commit. */
  readonly announces?: () => boolean;
}

export interface StoreOptions {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly network: Network;
  readonly database: Database;
  /** Makes the ids of a schedule no other's. */
  readonly prefix: string;
  readonly sabotage: StoreSabotage;
  /** Of one control plane alone, on a disk of its own. */
  readonly local: boolean;
  /** Called with each command that was let act in the supervisor's role, and the fence that it carried. */
  readonly onInRole: (run: string, fence: number) => void;
  /** Called with every event once it is there. */
  readonly onEvents: (events: readonly RunEvent[], state: RunState) => void;
}

/** How far a database is from a control plane, and how long that one waits for it. */
const distanceMs = 4;
const patienceMs = 15_000;
/** How long it takes, on average, until a commit is heard of. */
const announcedMs = 30;

/** The one database of a schedule, which control planes reach over the network, and which may be away. */
export class SharedStore {
  /** The database itself: what is asked of it while it is stopped is done when it goes on. */
  server: Process;
  readonly #options: StoreOptions;
  readonly #listeners = new Set<{ readonly owner: Process; readonly tell: Parameters<Store['onCommit']>[0] }>();
  readonly #untold = new Map<Process, { readonly runs: Set<string>; any: boolean; by: Committer }>();
  #activations = 0;

  constructor(server: Process, options: StoreOptions) {
    this.server = server;
    this.#options = options;
  }

  /** As a control plane has it, whose process is running. */
  open(): Store {
    const { time, network, database, local } = this.#options;
    const owner = time.current;
    if (owner === null) throw new Error('only a process opens a store');
    const now = () => Math.round(time.now + owner.skewMs);
    const far = async <Answer>(ask: () => Promise<Answer>): Promise<Answer> => {
      try {
        return await network.ask({ to: this.server, ms: distanceMs, deadlineMs: patienceMs, ask });
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        throw new StoreError('unreachable', 'The database does not answer.', { remedy: 'Wait.', cause: error });
      }
    };
    const { reads } = database;
    // A file's own process reads it in no time; a server is asked.
    const read = <Answer>(ask: () => Promise<Answer>): Promise<Answer> => (local ? ask() : far(ask));
    return {
      kind: 'sqlite',
      create: (input) => far(() => this.#write({ kind: 'create', ...input, ...this.#circumstances(now()) }, owner)),
      command: (run, command, options = {}) =>
        far(async () => {
          const write = { kind: 'command', run, command, options, ...this.#circumstances(now()) } as const;
          const written = await this.#write(write, owner);
          const fenced = written.outcome === 'refused' && written.refusal.code === 'fenced';
          if (typeof options.role === 'number' && !fenced) this.#options.onInRole(run, options.role);
          return written;
        }),
      delete: (run, by) => far(() => this.#write({ kind: 'delete', run, by, ...this.#circumstances(now()) }, owner)),
      heartbeat: (input) =>
        far(() => this.#write({ kind: 'heartbeat', ...input, ...this.#circumstances(now()) }, owner)),
      linkBlob: async (run, blob) => {
        await far(() => this.#write({ kind: 'blob', run, ...blob }, owner));
      },
      isTrusted: async () => true,
      trust: async () => {},
      triggers: async () => [],
      enableTrigger: async () => {},
      disableTrigger: async () => {},
      audit: async () => {},
      audited: async () => ({ entries: [], head: null }),
      auditHeads: async () => [],
      triggerHandled: async () => {},
      firings: async () => [],
      spentBy: async () => ({ runs: 0, usd: 0, unpriced: 0 }),
      firedFor: async () => [],
      toPublish: async () => [],
      publishTried: async () => {},
      begunSince: async () => 0,
      repositories: async () => [],
      addRepository: async () => {},
      removeRepository: async () => {},
      recordLook: async () => {},
      runsByRepository: async () => [],
      recordEvent: async () => 'unwanted',
      newEvents: async () => [],
      eventHandled: async () => {},
      forgetEvents: async () => {},
      recordUpload: () => Promise.reject(new Error('nothing is uploaded')),
      blobsOf: () => Promise.resolve({ count: 0, bytes: 0 }),
      forgetBlobs: () => Promise.resolve([]),
      state: (run) => read(() => reads.state(run)),
      // Nobody deletes there.
      wasDeleted: async () => false,
      list: (tenant, input) => read(() => reads.list(tenant, input)),
      counts: (tenant) => read(() => reads.counts(tenant)),
      openDecisions: (tenant) => read(() => reads.openDecisions(tenant)),
      events: (run, after, limit) => read(() => reads.events(run, after, limit)),
      feedPage: (filter, after, limits) => read(() => reads.feedPage(filter, after, limits)),
      position: () => read(reads.position),
      heads: (input) => read(() => reads.heads(input)),
      queuedAmong: (runs) => read(() => reads.queuedAmong(runs)),
      leased: () => read(reads.leased),
      due: (at) => read(() => reads.due(at)),
      // Nothing outside is simulated.
      effects: () => Promise.resolve([]),
      followed: () => Promise.resolve([]),
      runHasBlob: () => Promise.resolve(true),
      upload: (tenant, hash) => read(() => reads.upload(tenant, hash)),
      uploadedBytes: (tenant) => read(() => reads.uploadedBytes(tenant)),
      onCommit: (tell) => {
        const listener = { owner, tell };
        this.#listeners.add(listener);
        owner.onDeath(() => this.#listeners.delete(listener));
        return () => void this.#listeners.delete(listener);
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }

  #circumstances(now: number) {
    this.#activations += 1;
    const id = `${this.#options.prefix}${this.#activations}`;
    return { now, nextActivation: `act_${id}`, nextDecision: `dec_${id}`, jitter: this.#options.random.next() };
  }

  async #write<Kind extends Write['kind']>(write: Extract<Write, { readonly kind: Kind }>, asker: Process) {
    const { database, onEvents } = this.#options;
    // safe: sabotage changes fields of a write and not its kind
    const done = write.kind === 'command' ? ((await this.#spoiled(write)) as typeof write) : write;
    const { answer, appended } = await database.write(done);
    if (answer !== null && 'state' in answer && appended) {
      onEvents(answer.events, answer.state);
      this.#announce([answer.state.id], asker);
    }
    return answer;
  }

  async #spoiled(write: Write): Promise<Write> {
    const { database, sabotage } = this.#options;
    if (write.kind !== 'command' || sabotage.write === undefined) return write;
    return sabotage.write(write, await database.reads.state(write.run));
  }

  /** A commit is heard of a little later; and after a connection that was lost, that there may have been some. */
  #announce(runs: readonly string[] | null, asker: Process | null): void {
    const { time, random, sabotage } = this.#options;
    for (const owner of new Set([...this.#listeners].map((listener) => listener.owner))) {
      if (!(sabotage.announces?.() ?? true)) continue;
      const untold = this.#untold.get(owner);
      if (untold !== undefined) {
        // What was not told yet is told with it.
        for (const run of runs ?? []) untold.runs.add(run);
        untold.any ||= runs === null;
        if (owner !== asker) untold.by = 'another';
        continue;
      }
      const by: Committer = owner === asker ? 'this' : 'another';
      const news = { runs: new Set(runs ?? []), any: runs === null, by };
      this.#untold.set(owner, news);
      time.after(random.wait(announcedMs), owner, () => {
        this.#untold.delete(owner);
        for (const listener of this.#listeners)
          if (listener.owner === owner) listener.tell(news.any ? null : [...news.runs], news.by);
      });
    }
  }

  /** It comes back after having been away: whoever listens cannot know what it missed. */
  backAgain(): void {
    this.#announce(null, null);
  }
}
