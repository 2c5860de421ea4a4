import type { RunState } from '../../../../shared/run/state.ts';
import { stateOfTexts, stateText, taskText } from '../rows.ts';
import { StoreError, type FeedFilter, type FeedLimits, type FeedPage } from '../store.ts';
import type { Write } from '../writes.ts';
import type { Outcome } from './writer.ts';

/** What the writer's thread is started with. */
export interface ThreadData {
  readonly file: string;
  readonly maxPages: number | null;
  readonly acceptLoss: boolean;
  readonly now: number;
  readonly groupSize: number;
}

/**
 * What goes to the thread: writes as JSON text, a string being the cheapest thing to hand over, or `null`: no more come.
 * What comes back is one of these; `answers` is made by `answersText`.
 */
export type FromThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly error: ErrorText }
  | { readonly kind: 'committed'; readonly answers: string; readonly runs: readonly string[] };

/** What the thread that reads the feed is started with. */
export interface ReaderData {
  readonly file: string;
  readonly folder: string;
}

/** What goes to it, and for the end null. It answers one after the other. */
export interface ToReader {
  readonly filter: FeedFilter;
  readonly after: number;
  readonly limits: FeedLimits;
}

export type FromReader =
  | { readonly kind: 'page'; readonly page: FeedPage }
  | { readonly kind: 'failed'; readonly error: ErrorText };

/** One answer as it comes out of the text. */
export type Answer =
  | { readonly outcome: 'answered'; readonly answer: unknown }
  | { readonly outcome: 'failed'; readonly error: ErrorText };

/** An error as it crosses from one thread to another. `code` null: none of the store's, so a bug. */
export interface ErrorText {
  readonly code: StoreError['code'] | null;
  readonly message: string;
  readonly remedy: string;
  readonly stack: string;
}

export const writesText = (writes: readonly Write[]): string => JSON.stringify(writes);
// safe: the other side is this same program
export const writesOf = (text: string): readonly Write[] => JSON.parse(text) as Write[];

/** Lines of an answer: what it is, its JSON without the state, the state and the task in the texts that the rows have. */
const linesOfAnswer = 4;

/** The answers to a group of writes, in their order, as lines of JSON: one string for the lot. */
export const answersText = (outcomes: readonly Outcome[]): string => outcomes.flatMap(answerLines).join('\n');

const answerLines = (outcome: Outcome): readonly string[] => {
  if (outcome.outcome === 'failed') return ['failed', JSON.stringify(errorText(outcome.error)), '', ''];
  const { answer } = outcome;
  if (answer === null || !('state' in answer)) return ['answered', JSON.stringify(answer), '', ''];
  const { state, ...rest } = answer;
  return ['answered', JSON.stringify(rest), stateText(state), taskText(state.task)];
};

/** A state is parsed when it is first looked at: most appends only want to know that they were written. */
export const answersOf = (text: string): readonly Answer[] => {
  const lines = text.split('\n');
  const answers: Answer[] = [];
  for (let line = 0; line < lines.length; line += linesOfAnswer) {
    const [outcome, json = 'null', state = '', task = ''] = lines.slice(line, line + linesOfAnswer);
    answers.push(
      outcome === 'failed'
        ? { outcome, error: JSON.parse(json) as ErrorText } // safe: `answerLines` wrote it
        : { outcome: 'answered', answer: state === '' ? JSON.parse(json) : withState(JSON.parse(json), state, task) },
    );
  }
  return answers;
};

const withState = (answer: unknown, state: string, task: string): unknown => {
  let parsed: RunState | undefined;
  return Object.defineProperty(answer, 'state', {
    enumerable: true,
    get: () => (parsed ??= stateOfTexts(state, task)),
  });
};

export const errorText = (error: unknown): ErrorText => ({
  code: error instanceof StoreError ? error.code : null,
  message: error instanceof Error ? error.message : String(error),
  remedy: error instanceof StoreError ? error.remedy : '',
  stack: error instanceof Error ? (error.stack ?? '') : '',
});

export const errorOf = ({ code, message, remedy, stack }: ErrorText): Error => {
  if (code !== null) return new StoreError(code, message, { remedy, cause: stack });
  return new Error(message, { cause: stack });
};
