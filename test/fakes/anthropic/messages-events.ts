/**
 * What the Messages API streams. Its witness is the type of each event in `@anthropic-ai/sdk`, which also reads them. No recorded
 * stream of the real service is compared with it.
 */

import type {
  RawContentBlockDelta,
  RawContentBlockStartEvent,
  RawMessageStreamEvent,
  StopReason,
} from '@anthropic-ai/sdk/resources/messages';
import type { Answer, Part } from '../openai/reply.ts';
import { type About, pieces, tokensIn } from '../openai/responses-events.ts';
import { callId } from '../openai/script.ts';

/** An event on the wire: of a documented type, or (where aliens are wanted) of none. */
export type MessageEvent =
  | RawMessageStreamEvent
  | { readonly type: 'ping' }
  | { readonly type: 'error'; readonly error: { readonly type: string; readonly message: string } }
  | { readonly type: 'hologram' };

/** Of the vendor's own types: what is written here has no field that they do not have, at any depth; some may be missing. */
type Sent<Value> = Value extends readonly (infer Item)[]
  ? readonly Sent<Item>[]
  : Value extends object
    ? { readonly [Field in keyof Value]?: Sent<Value[Field]> }
    : Value;

const event = (written: Sent<RawMessageStreamEvent> & Pick<RawMessageStreamEvent, 'type'>): MessageEvent =>
  // safe: servers leave fields out that the types have
  written as MessageEvent;

/** All events of an answer, in the order that the API documents; the last is terminal. */
export function eventsOfMessage(answer: Answer, about: About): MessageEvent[] {
  const { parts, end } = answer;
  const tokens = answer.tokens ?? {
    input: about.inputTokens,
    cached: 0,
    cacheWrite: 0,
    output: tokensIn(parts),
    reasoning: 0,
  };
  const start = event({
    type: 'message_start',
    message: {
      id: `msg_${about.hash}`,
      type: 'message',
      role: 'assistant',
      model: about.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: {
        input_tokens: tokens.input - tokens.cached - tokens.cacheWrite,
        cache_read_input_tokens: tokens.cached,
        cache_creation_input_tokens: tokens.cacheWrite,
        output_tokens: 1,
      },
    },
  });
  const blocks = parts.flatMap((part, index) => blockEvents(part, index, about));
  const said: MessageEvent[] = [
    start,
    { type: 'ping' },
    ...(answer.aliens ? [{ type: 'hologram' as const }] : []),
    ...blocks,
  ];
  if (end.kind === 'failed' || end.kind === 'error')
    return [...said, { type: 'error', error: { type: end.code, message: end.message } }];
  return [
    ...said,
    event({
      type: 'message_delta',
      delta: { stop_reason: stopOf(answer), stop_sequence: null },
      usage: { output_tokens: tokens.output, output_tokens_details: { thinking_tokens: tokens.reasoning } },
    }),
    event({ type: 'message_stop' }),
  ];
}

const stopOf = ({ parts, end }: Answer): StopReason => {
  if (end.kind === 'incomplete') return end.reason === 'content_filter' ? 'refusal' : 'max_tokens';
  if (parts.some(({ kind }) => kind === 'refusal')) return 'refusal';
  return parts.some(({ kind }) => kind === 'call') ? 'tool_use' : 'end_turn';
};

function blockEvents(part: Part, index: number, { turn, hash }: About): MessageEvent[] {
  const stop = event({ type: 'content_block_stop', index });
  const begin = (content_block: Sent<RawContentBlockStartEvent['content_block']>) =>
    event({ type: 'content_block_start', index, content_block });
  const piece = (delta: Sent<RawContentBlockDelta>) => event({ type: 'content_block_delta', index, delta });
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return [
        begin({ type: 'text', text: '', citations: null }),
        ...pieces(part.text).map((text) => piece({ type: 'text_delta', text })),
        stop,
      ];
    case 'reasoning':
      return [
        begin({ type: 'thinking', thinking: '', signature: '' }),
        ...pieces(part.summary).map((thinking) => piece({ type: 'thinking_delta', thinking })),
        piece({ type: 'signature_delta', signature: signed(part.summary) }),
        stop,
      ];
    case 'call':
      return [
        begin({ type: 'tool_use', id: callId(turn, index, hash), name: part.name, input: {} }),
        ...pieces(part.arguments).map((partial_json) => piece({ type: 'input_json_delta', partial_json })),
        stop,
      ];
  }
}

/** What the fake takes back only as it gave it. */
export const signed = (thinking: string): string => Buffer.from(`signed ${thinking}`).toString('base64');
