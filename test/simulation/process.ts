/**
 * A process of the simulation. Whatever reaches it (an answer, a timer, a message) goes through `deliver`: a dead one never
 * hears of it, a stopped one when it goes on, as with SIGKILL and SIGSTOP.
 */
export class Process {
  readonly name: string;
  /** How far its clock is from the true time, ms. */
  skewMs = 0;
  #state: 'running' | 'stopped' | 'dead' = 'running';
  #held: (() => void)[] = [];
  readonly #onDeath: (() => void)[] = [];

  constructor(name: string) {
    this.name = name;
  }

  get alive(): boolean {
    return this.#state !== 'dead';
  }

  get stopped(): boolean {
    return this.#state === 'stopped';
  }

  deliver(run: () => void): void {
    if (this.#state === 'running') run();
    else if (this.#state === 'stopped') this.#held.push(run);
  }

  stop(): void {
    if (this.#state === 'running') this.#state = 'stopped';
  }

  /** Gives what came while it was stopped, in order: to be delivered now, one after the other. */
  goOn(): readonly (() => void)[] {
    if (this.#state !== 'stopped') return [];
    this.#state = 'running';
    return this.#held.splice(0);
  }

  /** Called once, from outside of it. */
  onDeath(listener: () => void): void {
    this.#onDeath.push(listener);
  }

  kill(): void {
    if (this.#state === 'dead') return;
    this.#state = 'dead';
    this.#held = [];
    for (const listener of this.#onDeath) listener();
  }
}
