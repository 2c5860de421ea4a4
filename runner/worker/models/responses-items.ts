import type { ResponseInputItem } from 'openai/resources/responses/responses';
import { z } from 'zod';
import { type ModelItem, Usage } from '../../../shared/run/model-item.ts';

/**
 * Our items as the input of the Responses API. Nothing is sent that a stateless endpoint refuses: reasoning without its
 * encrypted content, and reasoning that nothing of the model's own follows.
 */
export function inputOf(items: readonly ModelItem[]): ResponseInputItem[] {
  return items.flatMap((item, index): ResponseInputItem[] => {
    switch (item.type) {
      case 'message':
        return [{ type: 'message', role: item.role, content: item.text }];
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
    }
  });
}

/** Whether the next item that is no reasoning is the model's own, too. */
function isFollowed(items: readonly ModelItem[], index: number): boolean {
  const next = items.slice(index + 1).find((item) => item.type !== 'reasoning');
  if (next === undefined) return false;
  return next.type === 'call' || next.type === 'refusal' || (next.type === 'message' && next.role === 'assistant');
}

const ReasoningOutput = z.looseObject({
  id: z.string(),
  summary: z.array(z.looseObject({ text: z.string() })).default([]),
  encrypted_content: z.string().nullish(),
});
const CallOutput = z.looseObject({ call_id: z.string(), name: z.string(), arguments: z.string() });
const MessageOutput = z.looseObject({
  content: z.array(z.looseObject({ type: z.string(), text: z.string().optional(), refusal: z.string().optional() })),
});

/**
 * One output item of a response as ours: none for a kind that we did not ask for, two for a message that is part refusal.
 * @throws ZodError where an item of a known kind is malformed.
 */
export function itemsOf(output: { readonly type: string }): ModelItem[] {
  switch (output.type) {
    case 'reasoning': {
      const { id, summary, encrypted_content } = ReasoningOutput.parse(output);
      const text = summary.map((part) => part.text).join('\n\n');
      return [{ type: 'reasoning', id, encrypted: encrypted_content ?? null, summary: text }];
    }
    case 'function_call': {
      const call = CallOutput.parse(output);
      return [{ type: 'call', call: call.call_id, name: call.name, arguments: call.arguments }];
    }
    case 'message': {
      const { content } = MessageOutput.parse(output);
      const text = content.map((part) => (part.type === 'output_text' ? (part.text ?? '') : '')).join('');
      const refusal = content.map((part) => (part.type === 'refusal' ? (part.refusal ?? '') : '')).join('');
      return [
        ...(text === '' ? [] : [{ type: 'message' as const, role: 'assistant' as const, text }]),
        ...(refusal === '' ? [] : [{ type: 'refusal' as const, text: refusal }]),
      ];
    }
    default:
      return [];
  }
}

const WireUsage = z.looseObject({
  input_tokens: z.number(),
  input_tokens_details: z
    .looseObject({ cached_tokens: z.number().nullish(), cache_write_tokens: z.number().nullish() })
    .nullish(),
  output_tokens: z.number(),
  output_tokens_details: z.looseObject({ reasoning_tokens: z.number().nullish() }).nullish(),
});

/** `usage` of a response, or null where it is missing or no count of tokens. Missing details count as 0. */
export function usageOf(wire: unknown): Usage | null {
  const parsed = WireUsage.safeParse(wire);
  if (!parsed.success) return null;
  const { input_tokens, input_tokens_details, output_tokens, output_tokens_details } = parsed.data;
  const usage = Usage.safeParse({
    input: input_tokens,
    cached: input_tokens_details?.cached_tokens ?? 0,
    cacheWrite: input_tokens_details?.cache_write_tokens ?? 0,
    output: output_tokens,
    reasoning: output_tokens_details?.reasoning_tokens ?? 0,
  });
  return usage.success ? usage.data : null;
}

/** The part of a response that we read, whether it came with a terminal event or from a poll. */
export const WireResponse = z.looseObject({
  id: z.string(),
  status: z.string(),
  output: z.array(z.looseObject({ type: z.string() })).default([]),
  usage: z.unknown().optional(),
  error: z.looseObject({ code: z.string().nullish(), message: z.string().nullish() }).nullish(),
  incomplete_details: z.looseObject({ reason: z.string().nullish() }).nullish(),
});
export type WireResponse = z.infer<typeof WireResponse>;
