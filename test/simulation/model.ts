import type { Model, ModelOutcome, ModelRequest, RespondOptions } from '../../runner/worker/models/model.ts';
import type { ModelItem } from '../../shared/run/model-item.ts';
import { Random } from './random.ts';
import type { VirtualTime } from './time.ts';

/** The host that commands of the simulation reach, if a person lets them. */
const outsideHost = 'outside.example.org';

export interface Character {
  readonly seed: number;
  /** Turns until it says that it is done; and again after as many. */
  readonly turns: number;
  /** Probability that a call to it fails in a way that passes. */
  readonly failing: number;
}

const usage = { input: 100, cached: 0, cacheWrite: 0, output: 10, reasoning: 0 };

/** Answers by the number of the turn alone: asked again, it says the same. */
export class ScriptedModel implements Model {
  readonly name = 'scripted';
  readonly contextWindow = null;
  readonly #character: Character;
  readonly #time: VirtualTime;
  readonly #random: Random;
  readonly #onAsked: (items: readonly ModelItem[]) => void;

  constructor(parts: {
    readonly character: Character;
    readonly time: VirtualTime;
    readonly random: Random;
    /** Called with what it is shown, when it is. */
    readonly onAsked: (items: readonly ModelItem[]) => void;
  }) {
    this.#character = parts.character;
    this.#time = parts.time;
    this.#random = parts.random;
    this.#onAsked = parts.onAsked;
  }

  async respond(request: ModelRequest, { signal, onResponseId }: RespondOptions): Promise<ModelOutcome> {
    const random = this.#random;
    if (!(await this.#wait(random.wait(2_000), signal))) return { kind: 'aborted' };
    this.#onAsked(request.items);
    if (request.resume === undefined && random.chance(0.3)) await onResponseId?.(`resp_${request.idempotencyKey}`);
    if (!(await this.#wait(random.wait(4_000), signal))) return { kind: 'aborted' };
    if (random.chance(this.#character.failing)) return { kind: 'failed', failure: overloaded };
    return {
      kind: 'completed',
      items: this.#items(turnOf(request.idempotencyKey)),
      usage,
      responseId: null,
      oddities: [],
    };
  }

  /** False: it was aborted. */
  #wait(ms: number, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const off = this.#time.after(ms, this.#time.current, () => {
        deaf();
        resolve(true);
      });
      const deaf = this.#time.onAbort(signal, () => {
        off();
        resolve(false);
      });
    });
  }

  #items(turn: number): readonly ModelItem[] {
    const { seed, turns } = this.#character;
    if (turn % (turns + 1) === 0) return [call(`c${turn}x1`, 'finish', { summary: 'Done.', claims: [] })];
    const random = new Random(seed + turn * 7919);
    return Array.from({ length: 1 + random.below(2) + random.below(2) }, (_, index) =>
      aCall(`c${turn}x${index + 1}`, random.next()),
    );
  }
}

const overloaded = {
  code: 'server',
  message: 'It is overloaded.',
  retryable: true,
  retryAfterMs: null,
  status: 503,
  usage: null,
} as const;

const turnOf = (key: string): number => Number(key.split('-')[1]);

const call = (id: string, name: string, args: object): ModelItem => ({
  type: 'call',
  call: id,
  name,
  arguments: JSON.stringify(args),
});

const aCall = (id: string, draw: number): ModelItem => {
  if (draw < 0.55) return call(id, 'bash', { command: `add ${id}`, timeoutSeconds: null, network: null });
  if (draw < 0.85) return call(id, 'bash', { command: `send ${id}`, timeoutSeconds: null, network: [outsideHost] });
  if (draw < 0.95) return call(id, 'ask', { question: `What of ${id}?`, choices: [] });
  return call(id, 'plan', { steps: [{ text: id, status: 'active' }] });
};
