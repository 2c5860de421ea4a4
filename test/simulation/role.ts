import { RoleLease, type RoleSession } from '../../runner/control/store/role-lease.ts';
import type { Database } from './database.ts';
import { NoAnswer } from './network.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

const leaseMs = 10_000;
const pauseMs = 200;

/** The role as a control plane's process contends for it: the real lease, over a session with the database that may be lost. */
export class ContendedRole extends RoleLease {
  readonly #world: World;
  readonly #database: Database;
  readonly #holder: string;
  #session = new AbortController();
  #givenUp = false;

  constructor(world: World, parts: { readonly database: Database; readonly holder: string }) {
    super(leaseMs);
    this.#world = world;
    this.#database = parts.database;
    this.#holder = parts.holder;
  }

  override get held(): boolean {
    return super.held || (this.#world.sabotage.keepsRole === true && this.fence > 0);
  }

  /** Contends for as long as its process lives, whose name this is called in. */
  start(process: Process): void {
    const { time } = this.#world;
    const again = async (): Promise<void> => {
      this.#session = new AbortController();
      const { signal } = this.#session;
      await this.contend(this.#over(this.#session), signal);
      signal.throwIfAborted();
      await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new NoAnswer('the session is lost')));
      });
    };
    const after = (): void =>
      void time.after(pauseMs, process, () => {
        if (!this.#givenUp) again().catch(after);
      });
    again().catch(after);
  }

  /** The session breaks: whoever had the role over it has it no more, and contends for it again. */
  cut(): void {
    this.#session.abort(new NoAnswer('the session is lost'));
  }

  /** In order: nobody has to wait until the lease is over. */
  async giveUp(): Promise<void> {
    this.#givenUp = true;
    this.end();
    await this.settled();
    const { fence } = this;
    await this.#ask(() => this.#database.role.giveUp(fence));
    this.cut();
  }

  #over(session: AbortController): RoleSession {
    const { auditor, time } = this.#world;
    const ask = async <Answer>(what: () => Promise<Answer>): Promise<Answer> => {
      try {
        return await this.#ask(what);
      } catch (error) {
        session.abort(error);
        throw error;
      }
    };
    return {
      take: (had) =>
        ask(async () => {
          const fence = await this.#database.role.take({ holder: this.#holder, leaseMs, had });
          if (fence !== null) auditor.tenure(fence, time.now + leaseMs);
          return fence;
        }),
      renew: (fence) =>
        ask(async () => {
          const renewed = await this.#database.role.renew(fence, leaseMs);
          if (renewed) auditor.tenure(fence, time.now + leaseMs);
          return renewed;
        }),
      cut: (why) => session.abort(why),
    };
  }

  #ask<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    return this.#world.network.ask({ to: this.#world.store.server, ms: 4, deadlineMs: leaseMs, ask });
  }
}
