import type { ResponseInputContent, ResponseInputItem } from 'openai/resources/responses/responses';
import { z } from 'zod';
import type { ModelItem } from '../../../shared/run/model-item.ts';
import { dataUrl } from './data-url.ts';
import { argumentsOf, type Bag, callIdOf, idOf, isBag, type Odd, textOf } from './lenient.ts';
import type { ModelRequest } from './model.ts';

/**
 * Our items as the input of the Responses API. Nothing is sent that a stateless endpoint refuses: reasoning without its
 * encrypted content, and reasoning that nothing of the model's own follows.
 */
export function inputOf({ items, images = [] }: Pick<ModelRequest, 'items' | 'images'>): ResponseInputItem[] {
  const first = images.length === 0 ? -1 : items.findIndex((item) => item.type === 'message' && item.role === 'user');
  return items.flatMap((item, index): ResponseInputItem[] => {
    switch (item.type) {
      case 'message':
        return index === first
          ? [{ type: 'message', role: 'user', content: partsOf(item.text, images) }]
          : [{ type: 'message', role: item.role, content: item.text }];
      case 'reasoning': {
        if (item.encrypted === null || !isFollowed(items, index)) return [];
        const summary = item.summary === '' ? [] : [{ type: 'summary_text' as const, text: item.summary }];
        return [{ type: 'reasoning', id: item.id, summary, encrypted_content: item.encrypted }];
      }
      case 'call':
        return [{ type: 'function_call', call_id: item.call, name: item.name, arguments: item.arguments }];
      case 'output':
        return [{ type: 'function_call_output', call_id: item.call, output: item.output }];
      case 'refusal':
        return [{ type: 'message', role: 'assistant', content: item.text }];
      case 'returned':
        return [];
    }
  });
}

const partsOf = (text: string, images: NonNullable<ModelRequest['images']>): ResponseInputContent[] => [
  { type: 'input_text', text },
  ...images.map((image) => ({ type: 'input_image' as const, image_url: dataUrl(image), detail: 'auto' as const })),
];

/** Whether the next item that is no reasoning is the model's own, too. */
function isFollowed(items: readonly ModelItem[], index: number): boolean {
  const next = items.slice(index + 1).find((item) => item.type !== 'reasoning' && item.type !== 'returned');
  if (next === undefined) return false;
  return next.type === 'call' || next.type === 'refusal' || (next.type === 'message' && next.role === 'assistant');
}

/** Kinds that carry nothing for us: what a server did by itself. */
const passedOver = new Set([
  'web_search_call',
  'file_search_call',
  'code_interpreter_call',
  'computer_call',
  'compaction',
]);

/**
 * One output item of a response as ours: none for a kind that we did not ask for, two for a message that is part refusal. Reads what is
 * there, of whatever type: an id that is a number or missing, arguments that are an object. What is left over is reported.
 */
export function itemsOf(output: unknown, odd: Odd): ModelItem[] {
  if (!isBag(output)) {
    odd('an output item that is no object');
    return [];
  }
  switch (output['type']) {
    case 'reasoning':
      return reasoningOf(output, odd);
    case 'function_call':
    case 'tool_call':
    case 'custom_tool_call':
      return [callOf(output)];
    case 'message':
      return messageOf(output['content'], odd);
    default: {
      // A call is a call, whatever it is named.
      if (typeof output['name'] === 'string' && 'arguments' in output) return [callOf(output)];
      if (!passedOver.has(textOf(output['type'])))
        odd(`an output item of the kind ${JSON.stringify(output['type'] ?? null)}`);
      return [];
    }
  }
}

function reasoningOf({ id, summary, content, encrypted_content }: Bag, odd: Odd): ModelItem[] {
  const parts = Array.isArray(summary) && summary.length > 0 ? summary : content;
  const texts = Array.isArray(parts) ? parts.map((part) => textOf(isBag(part) ? part['text'] : part)) : [textOf(parts)];
  if (typeof id !== 'string') {
    // Without its id it cannot be sent back; the next request is complete without it.
    odd('reasoning without an id');
    return [];
  }
  const encrypted = typeof encrypted_content === 'string' ? encrypted_content : null;
  return [{ type: 'reasoning', id, encrypted, summary: texts.filter((part) => part !== '').join('\n\n') }];
}

function callOf(output: Bag): ModelItem {
  const { call_id, id, name, input } = output;
  const args = argumentsOf(output['arguments'] ?? input);
  return { type: 'call', call: callIdOf(idOf(call_id) || id), name: textOf(name), arguments: args };
}

function messageOf(content: unknown, odd: Odd): ModelItem[] {
  const parts = Array.isArray(content) ? content : content === null || content === undefined ? [] : [content];
  let text = '';
  let refusal = '';
  for (const part of parts) {
    if (typeof part === 'string') text += part;
    else if (!isBag(part)) odd('a part of a message that is no object');
    else if (typeof part['refusal'] === 'string' && part['type'] !== 'output_text') refusal += part['refusal'];
    else if (typeof part['text'] === 'string') text += part['text'];
    else odd(`a part of a message of the kind ${JSON.stringify(part['type'] ?? null)}`);
  }
  return [
    ...(text === '' ? [] : [{ type: 'message' as const, role: 'assistant' as const, text }]),
    ...(refusal === '' ? [] : [{ type: 'refusal' as const, text: refusal }]),
  ];
}

/** The part of a response that we read, whether it came with a terminal event, from a poll or as a whole document. */
export const WireResponse = z.looseObject({
  id: z
    .union([z.string(), z.number().transform(String)])
    .nullable()
    .catch(null)
    .default(null),
  status: z.string().nullable().catch(null).default(null),
  output: z.array(z.unknown()).catch([]).default([]),
  usage: z.unknown().optional(),
  error: z.unknown().optional(),
  incomplete_details: z.looseObject({ reason: z.string().nullish() }).nullish().catch(null),
});
export type WireResponse = z.infer<typeof WireResponse>;
