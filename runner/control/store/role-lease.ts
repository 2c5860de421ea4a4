import { setTimeout as pause } from 'node:timers/promises';
import type { SupervisorRole } from './role.ts';

/** One session with the database in which the role is contended for. What it is not answered in time it rejects, and it is lost then. */
export interface RoleSession {
  /** The fence with which it was taken; null: somebody has it. `had`: that of the tenure that this control plane had last; it can have that one again. */
  take(had: number): Promise<number | null>;
  /** False: it is over. */
  renew(fence: number): Promise<boolean>;
  /** Ends the session. */
  cut(why: Error): void;
}

/** So often a control plane that stands by looks whether the role can be had. */
const lookMs = 500;
/** Of the time that the server gives, what is not relied upon here: its clock may go faster than ours. */
const trusted = 0.95;

/** The role as one control plane has it: a lease that is renewed every third of its time, and over by itself where it is not. */
export class RoleLease implements SupervisorRole {
  readonly #leaseMs: number;
  readonly #listeners: (() => void)[] = [];
  /** Of the last tenure: once another has the role, what carries it is refused. 0: there was none. */
  #fence = 0;
  /** By `performance.now()`, which goes on while the process is stopped. */
  #until = 0;
  #renewal: Promise<void> = Promise.resolve();

  constructor(leaseMs: number) {
    this.#leaseMs = leaseMs;
  }

  get held(): boolean {
    return performance.now() < this.#until;
  }

  get fence(): number {
    return this.#fence;
  }

  onTaken(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Returns when the role is had. It is renewed from then on, until `lost` fires, which says that the session is over. */
  async contend(session: RoleSession, lost: AbortSignal): Promise<void> {
    for (;;) {
      lost.throwIfAborted();
      const sentAt = performance.now();
      const taken = await session.take(this.#fence);
      if (taken !== null) {
        const renewals = setInterval(() => this.#renew(session, taken), this.#leaseMs / 3);
        lost.addEventListener('abort', () => {
          clearInterval(renewals);
          this.end();
        });
        if (!lost.aborted) this.#hold(taken, sentAt);
        return;
      }
      await pause(lookMs, undefined, { signal: lost });
    }
  }

  /** Nothing is done in the role any more. */
  end(): void {
    this.#until = 0;
  }

  /** When no renewal is under way any more, which would come after whatever gives the role up. */
  async settled(): Promise<void> {
    await this.#renewal;
  }

  #renew(session: RoleSession, mine: number): void {
    const sentAt = performance.now();
    this.#renewal = session.renew(mine).then(
      (renewed) => {
        if (renewed) this.#hold(mine, sentAt);
        else session.cut(new Error('this control plane did not renew it in time'));
      },
      () => {},
    );
  }

  #hold(mine: number, sentAt: number): void {
    const had = this.#fence === mine && this.held;
    this.#fence = mine;
    this.#until = sentAt + this.#leaseMs * trusted;
    if (!had && this.held) for (const listener of this.#listeners) listener();
  }
}
