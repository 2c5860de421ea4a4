import type { Process } from './process.ts';
import type { Random } from './random.ts';
import type { VirtualTime } from './time.ts';

/** No answer came, which says nothing about whether what was asked was done. */
export class NoAnswer extends Error {}

export interface Question<Answer> {
  /** Whom it goes to. While that one is stopped it waits in its socket, and is done late; a dead one refuses it. */
  readonly to: Process | null;
  readonly ms: number;
  /** Ms after which the asker gives up waiting; what it asked may still be done. */
  readonly deadlineMs: number;
  readonly ask: () => Promise<Answer>;
}

/** What lies between two processes: it takes time, loses questions and answers, and delivers some of them twice. */
export class Network {
  /** Probability, for each question, that something befalls it. */
  trouble = 0;
  readonly #time: VirtualTime;
  readonly #random: Random;
  readonly #cut = new Set<string>();

  constructor(time: VirtualTime, random: Random) {
    this.#time = time;
    this.#random = random;
  }

  /** Black-holes everything between these two, without a word to either. */
  cut(one: string, other: string, ms: number): void {
    const link = [one, other].sort().join('|');
    this.#cut.add(link);
    this.#time.after(ms, null, () => this.#cut.delete(link));
  }

  #isCut(one: string, other: string): boolean {
    return this.#cut.has([one, other].sort().join('|'));
  }

  /** Asks in the name of the process that runs. Throws NoAnswer. */
  ask<Answer>({ to, ms, deadlineMs, ask }: Question<Answer>): Promise<Answer> {
    const time = this.#time;
    const random = this.#random;
    const from = time.current;
    const names = [from?.name ?? '', to?.name ?? ''] as const;
    const fate = random.chance(this.trouble)
      ? random.pick(['question lost', 'answer lost', 'twice', 'late'] as const)
      : 'well';
    const slow = fate === 'late' ? random.wait(10_000) : 0;
    return new Promise((resolve, reject) => {
      const giveUp = time.after(deadlineMs, from, () => reject(new NoAnswer('no answer came in time')));
      const back = (deliver: () => void): void => {
        if (fate === 'answer lost' || this.#isCut(...names)) return;
        time.after(ms * random.next(), from, () => {
          giveUp();
          deliver();
        });
      };
      const arrive = (): void => {
        if (fate === 'question lost' || this.#isCut(...names)) return;
        if (to !== null && !to.alive) return back(() => reject(new NoAnswer('the connection was refused')));
        const perform = (): void => {
          ask().then(
            (answer) => back(() => resolve(answer)),
            (error: unknown) => back(() => reject(error)),
          );
        };
        if (to === null) perform();
        else to.deliver(() => time.in(to, perform));
      };
      // Mostly there is nothing to see between a question and its arrival.
      if (slow === 0 && random.chance(0.7)) arrive();
      else time.after(ms * random.next() + slow, null, arrive);
      if (fate === 'twice') time.after(ms + random.wait(3_000), null, arrive);
    });
  }
}
