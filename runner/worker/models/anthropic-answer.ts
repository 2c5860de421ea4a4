import type { Json } from '../../../shared/decision/decision.ts';
import type { ModelItem } from '../../../shared/run/model-item.ts';
import { type Bag, callIdOf, isBag, numberOf, type Odd, textOf } from './lenient.ts';

interface Block {
  readonly index: number | null;
  readonly type: string;
  /** As it began: what it is called, and what it is to be returned with. */
  readonly begun: Bag;
  text: string;
  signature: string;
}

/** A message as far as it has come. */
export interface MessageAnswer {
  readonly blocks: Block[];
  stop: string | null;
  /** Raw: it comes in two parts, of which the later has the output. */
  usage: Bag;
  /** The terminal event was seen. */
  ended: boolean;
}

export const emptyMessage = (): MessageAnswer => ({ blocks: [], stop: null, usage: {}, ended: false });

/** Adds one event of a stream, or the whole message of a server that does not stream. What may have meant something and cannot be read is reported. */
export function addEvent(answer: MessageAnswer, raw: unknown, odd: Odd): void {
  if (!isBag(raw)) {
    odd('an event that is no object');
    return;
  }
  switch (raw['type']) {
    case 'message_start':
      if (isBag(raw['message'])) addMessage(answer, raw['message'], odd);
      return;
    case 'message':
      addMessage(answer, raw, odd);
      answer.ended = true;
      return;
    case 'content_block_start':
      begin(answer, raw['content_block'], { index: numberOf(raw['index']), odd });
      return;
    case 'content_block_delta':
      addDelta(answer, raw, odd);
      return;
    case 'message_delta':
      if (isBag(raw['delta'])) answer.stop = textOf(raw['delta']['stop_reason']) || answer.stop;
      if (isBag(raw['usage'])) answer.usage = { ...answer.usage, ...present(raw['usage']) };
      return;
    case 'message_stop':
      answer.ended = true;
      return;
    case 'content_block_stop':
    case 'ping':
      return;
    default:
      if ('delta' in raw || 'content_block' in raw) odd(`an event of the kind ${JSON.stringify(raw['type'] ?? null)}`);
  }
}

/** A later count that is null takes nothing back. */
const present = (usage: Bag): Bag => Object.fromEntries(Object.entries(usage).filter(([, value]) => value !== null));

function addMessage(answer: MessageAnswer, message: Bag, odd: Odd): void {
  const { content, usage, stop_reason } = message;
  if (isBag(usage)) answer.usage = { ...answer.usage, ...present(usage) };
  answer.stop = textOf(stop_reason) || answer.stop;
  if (typeof content === 'string') begin(answer, { type: 'text', text: content }, { index: null, odd });
  if (Array.isArray(content)) for (const block of content) begin(answer, block, { index: null, odd });
}

function begin(answer: MessageAnswer, block: unknown, { index, odd }: { index: number | null; odd: Odd }): void {
  if (!isBag(block)) {
    odd('a block that is no object');
    return;
  }
  const text = textOf(block['text']) || textOf(block['thinking']);
  answer.blocks.push({ index, type: textOf(block['type']), begun: block, text, signature: textOf(block['signature']) });
}

/** The whole of them, in a message that did not come in pieces; a stream begins with an empty object. */
const argumentsIn = (input: unknown): string => {
  if (typeof input === 'string') return input;
  return isBag(input) && Object.keys(input).length > 0 ? JSON.stringify(input) : '';
};

function addDelta(answer: MessageAnswer, { index, delta }: Bag, odd: Odd): void {
  if (!isBag(delta)) {
    odd('a piece that is no object');
    return;
  }
  const text = [delta['text'], delta['partial_json'], delta['thinking']].map(textOf).join('');
  const signature = textOf(delta['signature']);
  const at = numberOf(index);
  const known = answer.blocks.findLast((block) => at === null || block.index === at);
  if (known === undefined) {
    // Its beginning never came; text is text all the same.
    if (typeof delta['text'] === 'string') begin(answer, { type: 'text', text }, { index: at, odd });
    else if (text !== '' || signature !== '') odd('a piece of a block that never began');
    return;
  }
  known.text += text;
  known.signature += signature;
}

/** The answer as items; its thinking first, since it comes first when it is sent back. `from` is who signed it. */
export function itemsOfMessage({ blocks }: MessageAnswer, from: string, odd: Odd): ModelItem[] {
  const thinking: Json[] = [];
  const items: ModelItem[] = [];
  for (const block of blocks) {
    switch (block.type) {
      case 'text':
        if (block.text !== '') items.push({ type: 'message', role: 'assistant', text: block.text });
        break;
      case 'tool_use':
        items.push(callOf(block));
        break;
      case 'thinking':
        if (block.signature !== '')
          thinking.push({ type: 'thinking', thinking: block.text, signature: block.signature });
        break;
      case 'redacted_thinking':
        thinking.push({ type: 'redacted_thinking', data: textOf(block.begun['data']) });
        break;
      default:
        // A call is a call, whatever it is named.
        if (typeof block.begun['name'] === 'string' && 'input' in block.begun) items.push(callOf(block));
        else odd(`a block of the kind ${JSON.stringify(block.begun['type'] ?? null)}`);
    }
  }
  const calls = items.some(({ type }) => type === 'call');
  return thinking.length === 0 || !calls
    ? items
    : [{ type: 'returned', from, call: null, fields: { blocks: thinking } }, ...items];
}

const callOf = ({ begun, text }: Block): ModelItem => ({
  type: 'call',
  call: callIdOf(begun['id']),
  name: textOf(begun['name']),
  // The pieces, or what it began with where none came. A tool without arguments is called with none.
  arguments: text || argumentsIn(begun['input']) || '{}',
});
