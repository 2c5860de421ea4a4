import type { Json } from '../../../shared/decision/decision.ts';
import type { ModelItem, Usage } from '../../../shared/run/model-item.ts';
import { argumentsOf, type Bag, callIdOf, idOf, isBag, numberOf, type Odd, textOf } from './lenient.ts';
import { usageOf } from './usage.ts';

/** What endpoints call the text of a model's reasoning, and want back with a message that has calls. */
const reasoningFields = ['reasoning_content', 'reasoning', 'reasoning_details'] as const;

interface PartialCall {
  readonly choice: number;
  /** Null: the endpoint counts none. */
  readonly index: number | null;
  id: string;
  name: string;
  arguments: string;
  /** What is to be sent back with it. */
  extra: Json | null;
}

/** An answer of Chat Completions as far as it has come, whether in chunks or as one document. */
export interface ChatAnswer {
  text: string;
  refusal: string;
  readonly calls: PartialCall[];
  readonly returned: Map<string, Json>;
  finish: string | null;
  usage: Usage | null;
}

export const emptyAnswer = (): ChatAnswer => ({
  text: '',
  refusal: '',
  calls: [],
  returned: new Map(),
  finish: null,
  usage: null,
});

/**
 * Adds one chunk, or the whole document of a server that does not stream. Reads what is there, of whatever type it is and wherever it stands:
 * a field that is null, a number for a string, an object for its text, a call without index or id, in `message` for `delta` or in
 * another choice. What is left over and might have meant something is reported.
 */
export function addChunk(answer: ChatAnswer, raw: unknown, odd: Odd): void {
  if (!isBag(raw)) {
    odd('a chunk that is no object');
    return;
  }
  answer.usage = usageIn(raw) ?? answer.usage;
  const choices = listOf(raw['choices'], odd, 'choices');
  choices.forEach((choice, position) => addChoice(answer, { choice, position }, odd));
}

const usageIn = ({ usage }: Bag): Usage | null => usageOf(usage, ['prompt', 'completion']);

function addChoice(
  answer: ChatAnswer,
  { choice, position }: { readonly choice: unknown; readonly position: number },
  odd: Odd,
): void {
  if (!isBag(choice)) {
    odd('a choice that is no object');
    return;
  }
  answer.usage = usageIn(choice) ?? answer.usage;
  const number = numberOf(choice['index']) ?? position;
  const delta = [choice['delta'], choice['message']].find(isBag) ?? {};
  answer.text += contentOf(delta['content'], odd) + textOf(choice['text']);
  answer.refusal += textOf(delta['refusal']);
  for (const field of reasoningFields) addReturned(answer, field, delta[field]);
  for (const call of callsIn(delta, odd)) addCall(answer, number, { delta: call, odd });
  const finish = choice['finish_reason'];
  if (typeof finish === 'string' && finish !== '') answer.finish = finish;
}

/** A string, or parts as some endpoints have them. */
function contentOf(content: unknown, odd: Odd): string {
  if (content === null || content === undefined) return '';
  if (typeof content === 'string') return content;
  if (typeof content === 'number' || typeof content === 'boolean') return String(content);
  if (Array.isArray(content)) return content.map((part) => contentOf(part, odd)).join('');
  if (isBag(content)) {
    const { type, text } = content;
    if (typeof text === 'string') return text;
    // Mistral and others put reasoning among the parts.
    if (type === 'thinking' || type === 'reasoning') return '';
  }
  odd('content that is no text');
  return '';
}

function addReturned(answer: ChatAnswer, field: string, value: unknown): void {
  if (value === null || value === undefined || value === '') return;
  const json = value as Json; // safe: it was parsed from JSON
  const before = answer.returned.get(field);
  const both = Array.isArray(before) && Array.isArray(json) ? mergeDetails(before, json) : null;
  answer.returned.set(field, both ?? (typeof before === 'string' && typeof json === 'string' ? before + json : json));
}

/** Pieces of one detail (the same type and index) belong together: their texts are joined. */
function mergeDetails(before: readonly Json[], more: readonly Json[]): Json[] {
  const merged = [...before];
  for (const piece of more) {
    const last = merged.at(-1);
    const same = isBag(piece) && isBag(last) && last['type'] === piece['type'] && last['index'] === piece['index'];
    if (!same || typeof piece['text'] !== 'string' || typeof last['text'] !== 'string') merged.push(piece);
    // safe: both are JSON objects
    else merged[merged.length - 1] = { ...last, ...piece, text: last['text'] + piece['text'] } as Json;
  }
  return merged;
}

/** `tool_calls` as a list or as one, and the one `function_call` of servers from before there were several. */
function callsIn(delta: Bag, odd: Odd): readonly unknown[] {
  const { tool_calls, function_call } = delta;
  const list = isBag(tool_calls) ? [tool_calls] : listOf(tool_calls, odd, 'tool_calls');
  return isBag(function_call) ? [...list, { index: 0, function: function_call }] : list;
}

function addCall(
  answer: ChatAnswer,
  choice: number,
  { delta, odd }: { readonly delta: unknown; readonly odd: Odd },
): void {
  if (!isBag(delta)) {
    if (delta !== null) odd('a call that is no object');
    return;
  }
  const fn = isBag(delta['function']) ? delta['function'] : delta;
  const piece = {
    choice,
    index: numberOf(delta['index']),
    id: idOf(delta['id']),
    name: textOf(fn['name']),
    arguments: argumentsOf(fn['arguments'] ?? fn['parameters'] ?? fn['input']),
    // safe: parsed from JSON
    extra: isBag(delta['extra_content']) ? (delta['extra_content'] as Json) : null,
  };
  const known = answer.calls.findLast(
    (call) => call.choice === choice && (piece.index === null || call.index === null || call.index === piece.index),
  );
  if (known === undefined || isAnother(known, piece)) {
    answer.calls.push(piece);
    return;
  }
  known.id ||= piece.id;
  known.name ||= piece.name;
  known.arguments += piece.arguments;
  known.extra ??= piece.extra;
}

/** Whether a piece begins a call of its own though its index, or the want of one, says that it goes on with the last. */
function isAnother(known: PartialCall, piece: PartialCall): boolean {
  if (piece.id !== '' && known.id !== '') return piece.id !== known.id;
  if (piece.name === '') return false;
  // Named anew: a call is whole once its arguments are, and some servers repeat the name with every piece.
  return known.name !== '' && (known.name !== piece.name || isWhole(known.arguments));
}

function isWhole(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

function listOf(value: unknown, odd: Odd, name: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (value === null || value === undefined) return [];
  // An object with numbers for keys is what a list becomes in some languages.
  if (isBag(value)) return Object.values(value);
  odd(`${name} that is no list`);
  return [];
}

/** Whether there is something to go on with. */
export const saysSomething = ({ text, refusal, calls }: ChatAnswer): boolean =>
  text !== '' || refusal !== '' || calls.some(({ name }) => name !== '');

/** Whether no call is cut off in its arguments. */
export const callsAreWhole = ({ calls }: ChatAnswer): boolean =>
  calls.every(({ arguments: text }) => text === '' || isWhole(text));

/** The answer as items. `from` is whom it came from: what it wants back is sent to nobody else. */
export function itemsOfAnswer({ text, refusal, calls, returned }: ChatAnswer, from: string): ModelItem[] {
  return [
    ...(text === '' ? [] : [{ type: 'message' as const, role: 'assistant' as const, text }]),
    ...(refusal === '' ? [] : [{ type: 'refusal' as const, text: refusal }]),
    ...calls.flatMap((call): ModelItem[] => {
      const id = callIdOf(call.id);
      const item = { type: 'call' as const, call: id, name: call.name, arguments: call.arguments };
      if (call.extra === null) return [item];
      return [item, { type: 'returned', from, call: id, fields: { extra_content: call.extra } }];
    }),
    ...(returned.size === 0 || calls.length === 0
      ? []
      : [{ type: 'returned' as const, from, call: null, fields: Object.fromEntries(returned) }]),
  ];
}
