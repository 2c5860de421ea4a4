import type { DecisionVerdict, Json, OpenDecision } from '../../shared/decision/decision.ts';
import type { Command } from '../../shared/run/command.ts';
import { isTerminal, openDecisions, pausedBy, type RunState } from '../../shared/run/state.ts';
import type { Store } from '../../runner/control/store/store.ts';
import { commandOf } from './command.ts';
import { Process } from './process.ts';
import { Random } from './random.ts';
import type { World } from './world.ts';

/** A person who looks now and then at what there is, and does one thing. Nothing befalls them, but their answers may be lost. */
export class People {
  readonly #world: World;
  readonly #random: Random;
  readonly #store: Store;
  readonly #process = new Process('people');
  /** How long they leave things alone, ms on average. */
  pace: number;
  /** What they do besides answering: messages, second rounds, cancelling. */
  meddling = true;
  #messages = 0;
  /** How often somebody asked for a run to be taken up again. */
  readonly #resumes = new Map<string, number>();

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
    this.pace = random.pick([2_000, 20_000, 60_000]);
    this.#store = world.time.in(this.#process, () => world.store.open());
    this.#again();
  }

  #again(): void {
    this.#world.time.after(50 + this.#random.wait(this.pace), this.#process, () => {
      void this.#look()
        .catch(() => {})
        .finally(() => this.#again());
    });
  }

  async #look(): Promise<void> {
    const random = this.#random;
    const state = await this.#store.state(random.pick(this.#world.runs));
    if (state === null) return;
    const command = isTerminal(state)
      ? this.#resumed(state)
      : pausedBy(state) !== null
        ? this.#unpaused()
        : this.meddling && random.chance(0.15)
          ? this.#meddle()
          : this.#due(state);
    if (command === null) return;
    await this.#store.command(state.id, command);
  }

  /** Whether a run that is over stays so. Of one that failed or was cancelled somebody mostly wants more, but not for ever. */
  staysOver({ id, seq, status }: RunState): boolean {
    if (status !== 'failed' && status !== 'cancelled') return true;
    const times = this.#resumes.get(id) ?? 0;
    return times >= 2 || new Random(this.#world.seed + seq).chance(status === 'failed' ? 0.3 : 0.6);
  }

  #resumed(state: RunState): Command | null {
    if (this.staysOver(state)) return null;
    this.#resumes.set(state.id, (this.#resumes.get(state.id) ?? 0) + 1);
    return { kind: 'resume', by: 'person:ada' };
  }

  /** What was paused goes on sooner or later: whoever paused it looks again. */
  #unpaused(): Command | null {
    return this.#random.chance(0.5) ? { kind: 'resume', by: 'person:ada' } : null;
  }

  #meddle(): Command {
    if (this.#random.chance(0.2)) return { kind: 'pause', by: 'person:ada' };
    if (this.#random.chance(0.05)) return { kind: 'cancel', by: 'person:ada', reason: '' };
    this.#messages += 1;
    return { kind: 'message', by: 'person:ada', text: `Message ${this.#messages}.` };
  }

  #due(state: RunState): Command | null {
    const random = this.#random;
    if (state.status === 'reviewing') {
      const changes = this.meddling && state.round < 3 && random.chance(0.3);
      const verdict = changes ? 'changes' : random.chance(0.8) ? 'accepted' : 'rejected';
      return {
        kind: 'review',
        by: 'person:ada',
        round: state.round,
        patch: null,
        verdict,
        reason: 'So it is.',
        comments: [],
      };
    }
    const open = openDecisions(state);
    if (open.length === 0) return null;
    const asked = random.pick(open);
    const { id: decision, hash } = asked.request;
    if (asked.status === 'expired') return { kind: 'renew', decision, by: 'person:ada' };
    return { kind: 'decide', by: 'person:ada', decision, hash, verdict: this.#verdict(asked) };
  }

  #verdict({ request }: OpenDecision): DecisionVerdict {
    const random = this.#random;
    if (request.kind === 'question')
      return random.chance(0.9) ? { kind: 'answered', answer: 'Go on.' } : { kind: 'rejected', reason: 'No.' };
    // Whoever gives up ends the run, or wants no more of it; that is seldom what they want.
    const no = request.kind === 'call' || request.requester.call !== null ? 0.2 : 0.05;
    if (random.chance(no)) return { kind: 'rejected', reason: 'No.' };
    if (request.kind === 'call' && random.chance(0.25))
      return { kind: 'approved', arguments: edited(request.arguments) };
    return { kind: 'approved', arguments: null };
  }
}

/** The same call with another command; null: it has none. */
const edited = (args: Json): Json | null => {
  const command = commandOf(args);
  if (command === null || typeof args !== 'object' || args === null || Array.isArray(args)) return null;
  return { ...args, command: `${command} edited` };
};
