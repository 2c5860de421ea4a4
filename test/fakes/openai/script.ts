import { fails, type Reply } from './reply.ts';

/** One entry of the context, whichever API it came through. */
export interface Entry {
  readonly by: 'user' | 'model' | 'call' | 'output';
  readonly text: string;
  /** The call's id, for `call` and `output`. */
  readonly call: string | null;
}

/** What the client asked, in words that serve both APIs. */
export interface Asked {
  readonly api: 'responses' | 'chat' | 'anthropic';
  readonly model: string;
  readonly instructions: string;
  readonly entries: readonly Entry[];
  readonly tools: readonly string[];
  /** Names of lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Place {
  /** Turns of the model in the context so far, by what the context says: the same for the same request. */
  readonly turn: number;
  /** Valid requests before this one: not the same after a crash and a repetition. */
  readonly count: number;
}

/** Decides what to answer. A function of the request alone answers a repeated request as it did the first. */
export type Script = (asked: Asked, place: Place) => Reply | Promise<Reply>;

/** Answers in this order, one a request, whatever is asked. */
export function sequence(...replies: readonly Reply[]): Script {
  return (_asked, { count }) => replies[count] ?? exhausted(count, replies.length);
}

export type Step = Reply | Script;

/**
 * Answers the n-th turn of a conversation with the n-th step, however often it is asked: the turn is read from the
 * context, so that a request that is made again after a crash gets the same reply, ids included.
 */
export function scripted(steps: readonly Step[]): Script {
  return (asked, place) => {
    const step = steps[place.turn];
    if (step === undefined) return exhausted(place.turn, steps.length);
    return typeof step === 'function' ? step(asked, place) : step;
  };
}

const exhausted = (at: number, length: number): Reply =>
  fails(400, {
    code: 'script_exhausted',
    message: `The script has ${length} replies; number ${at + 1} was asked for.`,
  });

/** Ids of calls carry their turn, so that the turn is still known when older turns have been compacted away. */
const callIdForm = /^call_(\d+)_\d+_/;

export const callId = (turn: number, index: number, hash: string): string => `call_${turn}_${index}_${hash}`;

/** Which turn of the model comes next: 0 where it has not spoken yet. Pure. */
export function turnOf(entries: readonly Entry[]): number {
  const lastCall = entries.findLastIndex(({ by }) => by === 'call');
  const minted = callIdForm.exec(entries[lastCall]?.call ?? '')?.[1];
  if (minted === undefined) return runsOfModel(entries);
  const after = entries.findIndex(({ by }, index) => index > lastCall && (by === 'output' || by === 'user'));
  return Number(minted) + 1 + (after === -1 ? 0 : runsOfModel(entries.slice(after)));
}

/** Stretches of entries that are the model's own, one after the other. */
function runsOfModel(entries: readonly Entry[]): number {
  const own = entries.map(({ by }) => by === 'model' || by === 'call');
  return own.filter((mine, index) => mine && own[index - 1] !== true).length;
}
