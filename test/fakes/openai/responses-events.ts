import type {
  Response,
  ResponseFunctionToolCallItem,
  ResponseOutputItem,
  ResponseOutputMessage,
  ResponseReasoningItem,
  ResponseStreamEvent,
  ResponseUsage,
} from 'openai/resources/responses/responses';
import type { Answer, Part } from './reply.ts';
import { sealed } from './responses-request.ts';
import { callId } from './script.ts';

/** A response as it goes over the wire: `output_text` is made by the SDK. */
/** As it is on the wire: without what the SDK adds, and with null where its types say that a field is left out. */
export type WireResponse = Omit<Response, 'output_text' | 'usage' | 'user'> & {
  readonly store: boolean;
  readonly usage: ResponseUsage | null;
  readonly user: null;
};

/** What the response repeats of its request, and what its ids are made of. */
export interface About {
  readonly model: string;
  readonly background: boolean;
  readonly store: boolean;
  readonly turn: number;
  /** Of the request's body: equal requests get equal ids. */
  readonly hash: string;
  /** Tokens of the input, where the answer does not say. */
  readonly inputTokens: number;
}

/** A fixed time: nothing that the fake says depends on when it says it. */
const created = 1_767_225_600;

/** Characters in a delta. */
const deltaCharacters = 24;

type Unnumbered<E> = E extends unknown ? Omit<E, 'sequence_number'> : never;
type Event = Unnumbered<ResponseStreamEvent>;

/** An event on the wire: of a documented type, or (where aliens are wanted) of none. */
export type WireEvent = ResponseStreamEvent | { readonly type: string; readonly sequence_number: number };

/** All events of an answer, in the order that the API documents. The last one is terminal. */
export function eventsOf(answer: Answer, about: About): WireEvent[] {
  const output = answer.parts.map((part, index) => itemOf(part, index, about));
  const status =
    answer.end.kind === 'completed' ? 'completed' : answer.end.kind === 'incomplete' ? 'incomplete' : 'failed';
  const begun: WireResponse = { ...responseOf(answer, about), status: 'in_progress' };
  const ended: WireResponse = { ...responseOf(answer, about), status, output, usage: usageOf(answer, about) };
  const events: Event[] = [
    { type: 'response.created', response: onWire(begun) },
    ...(about.background
      ? [{ type: 'response.queued' as const, response: onWire({ ...begun, status: 'queued' }) }]
      : []),
    { type: 'response.in_progress', response: onWire(begun) },
    ...answer.parts.flatMap((part, index) => itemEvents(part, output[index]!, index)),
    lastEvent(answer, ended),
  ];
  const numbered = (answer.aliens ? withAliens(events) : events).map((event, sequence_number) => ({
    ...event,
    sequence_number,
  }));
  // safe: a documented event lost nothing but the number that it just got back
  return numbered as WireEvent[];
}

/** The response as GET shows it once it has ended (`cancelled`: once somebody gave it up). */
export function responseAt(answer: Answer, about: About, at: 'in_progress' | 'ended' | 'cancelled'): WireResponse {
  const begun = responseOf(answer, about);
  if (at !== 'ended') return { ...begun, status: at };
  const last = eventsOf(answer, about).at(-1)!;
  if ('response' in last) return last.response as unknown as WireResponse; // safe: made by `onWire` from one
  return { ...begun, status: 'failed' };
}

function responseOf({ end }: Answer, about: About): WireResponse {
  return {
    id: `resp_${about.hash}`,
    object: 'response',
    created_at: created,
    access_programs: null,
    background: about.background,
    error:
      end.kind === 'failed'
        ? // safe: tests may use codes that the SDK does not list
          { code: end.code as NonNullable<Response['error']>['code'], message: end.message }
        : null,
    incomplete_details: end.kind === 'incomplete' ? { reason: end.reason } : null,
    instructions: null,
    max_output_tokens: null,
    metadata: {},
    model: about.model,
    output: [],
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    store: about.background,
    temperature: 1,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    truncation: 'disabled',
    usage: null,
    user: null,
  };
}

/** Safe: readers on the wire never see `output_text`, which the SDK adds. */
const onWire = (response: WireResponse): Response => response as unknown as Response;

function lastEvent({ end }: Answer, ended: WireResponse): Event {
  switch (end.kind) {
    case 'completed':
      return { type: 'response.completed', response: onWire(ended) };
    case 'incomplete':
      return { type: 'response.incomplete', response: onWire(ended) };
    case 'failed':
      return { type: 'response.failed', response: onWire(ended) };
    case 'error':
      return { type: 'error', code: end.code, message: end.message, param: null };
  }
}

function usageOf({ tokens, parts }: Answer, { inputTokens }: About): ResponseUsage {
  const reasoning = tokens?.reasoning ?? tokensIn(parts.filter(({ kind }) => kind === 'reasoning'));
  const input = tokens?.input ?? inputTokens;
  const output = tokens?.output ?? tokensIn(parts);
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: tokens?.cached ?? 0, cache_write_tokens: tokens?.cacheWrite ?? 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: input + output,
  };
}

/** Four characters count as a token, as a rule of thumb. */
export const tokensIn = (parts: readonly Part[]): number =>
  parts.reduce((sum, part) => sum + Math.ceil(textOf(part).length / 4), 0);

function textOf(part: Part): string {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return part.text;
    case 'reasoning':
      return part.summary;
    case 'call':
      return part.name + part.arguments;
  }
}

type Item = ResponseOutputMessage | ResponseReasoningItem | ResponseFunctionToolCallItem;

function itemOf(part: Part, index: number, { turn, hash }: About): Item {
  switch (part.kind) {
    case 'text': {
      const content = [{ type: 'output_text' as const, text: part.text, annotations: [], logprobs: [] }];
      return { type: 'message', id: `msg_${hash}_${index}`, role: 'assistant', status: 'completed', content };
    }
    case 'refusal': {
      const content = [{ type: 'refusal' as const, refusal: part.text }];
      return { type: 'message', id: `msg_${hash}_${index}`, role: 'assistant', status: 'completed', content };
    }
    case 'reasoning': {
      const id = `rs_${hash}_${index}`;
      const summary = part.summary === '' ? [] : [{ type: 'summary_text' as const, text: part.summary }];
      return { type: 'reasoning', id, summary, encrypted_content: sealed(id, part.summary) };
    }
    case 'call': {
      const { name, arguments: args } = part;
      const call_id = callId(turn, index, hash);
      return { type: 'function_call', id: `fc_${hash}_${index}`, call_id, name, arguments: args, status: 'completed' };
    }
  }
}

function itemEvents(part: Part, item: Item, output_index: number): Event[] {
  const at = { item_id: item.id, output_index };
  const added = { type: 'response.output_item.added' as const, output_index, item: emptied(item) };
  const done = { type: 'response.output_item.done' as const, output_index, item: item satisfies ResponseOutputItem };
  return [added, ...partEvents(part, at), done];
}

interface At {
  readonly item_id: string;
  readonly output_index: number;
}

function partEvents(part: Part, at: At): Event[] {
  switch (part.kind) {
    case 'text': {
      const where = { ...at, content_index: 0 };
      const shown = (text: string) => ({ type: 'output_text' as const, text, annotations: [], logprobs: [] });
      return [
        { type: 'response.content_part.added', ...where, part: shown('') },
        ...pieces(part.text).map((delta): Event => ({
          type: 'response.output_text.delta',
          ...where,
          delta,
          logprobs: [],
        })),
        { type: 'response.output_text.done', ...where, text: part.text, logprobs: [] },
        { type: 'response.content_part.done', ...where, part: shown(part.text) },
      ];
    }
    case 'refusal': {
      const where = { ...at, content_index: 0 };
      return [
        { type: 'response.content_part.added', ...where, part: { type: 'refusal', refusal: '' } },
        ...pieces(part.text).map((delta): Event => ({ type: 'response.refusal.delta', ...where, delta })),
        { type: 'response.refusal.done', ...where, refusal: part.text },
        { type: 'response.content_part.done', ...where, part: { type: 'refusal', refusal: part.text } },
      ];
    }
    case 'reasoning': {
      if (part.summary === '') return [];
      const where = { ...at, summary_index: 0 };
      const shown = (text: string) => ({ type: 'summary_text' as const, text });
      return [
        { type: 'response.reasoning_summary_part.added', ...where, part: shown('') },
        ...pieces(part.summary).map((delta): Event => ({
          type: 'response.reasoning_summary_text.delta',
          ...where,
          delta,
        })),
        { type: 'response.reasoning_summary_text.done', ...where, text: part.summary },
        { type: 'response.reasoning_summary_part.done', ...where, part: shown(part.summary) },
      ];
    }
    case 'call':
      return [
        ...pieces(part.arguments).map((delta): Event => ({
          type: 'response.function_call_arguments.delta',
          ...at,
          delta,
        })),
        named({ type: 'response.function_call_arguments.done', ...at, arguments: part.arguments }, part.name),
      ];
  }
}

/** The API's own description wants the name there; the SDK's type does not have it. */
const named = <Given extends Event>(event: Given, name: string): Given & { readonly name: string } => ({
  ...event,
  name,
});

/** The item as it looks before anything of it has come. */
function emptied(item: Item): Item {
  switch (item.type) {
    case 'message':
      return { ...item, status: 'in_progress', content: [] };
    case 'reasoning':
      return { ...item, summary: [] };
    case 'function_call':
      return { ...item, status: 'in_progress', arguments: '' };
  }
}

export function pieces(text: string): string[] {
  const count = Math.ceil(text.length / deltaCharacters);
  return Array.from({ length: count }, (_, index) =>
    text.slice(index * deltaCharacters, (index + 1) * deltaCharacters),
  );
}

/** What tomorrow's API might send: other events, other fields, other items. */
function withAliens(events: readonly Event[]): object[] {
  const hologram = { type: 'hologram_call', id: 'holo_1', beams: 3 };
  const marked = events.map((event) =>
    event.type === 'response.completed'
      ? {
          ...event,
          mood: 'good',
          response: { ...event.response, mood: 'good', output: [hologram, ...event.response.output] },
        }
      : { ...event, mood: 'good' },
  );
  return [
    ...marked.slice(0, 2),
    { type: 'keepalive' },
    { type: 'response.output_item.done', output_index: 0, item: hologram },
    { type: 'response.hologram.delta', delta: { beams: 3 } },
    ...marked.slice(2),
  ];
}
