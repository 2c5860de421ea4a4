import type { ChatCompletionChunk } from 'openai/resources/chat/completions';
import type { Answer, Part } from './reply.ts';
import { type About, pieces, tokensIn } from './responses-events.ts';
import { callId } from './script.ts';

/** A fixed time: nothing that the fake says depends on when it says it. */
const created = 1_767_225_600;

export type WireChunk = ChatCompletionChunk | { readonly error: object };

type Delta = ChatCompletionChunk.Choice.Delta;
type Finish = NonNullable<ChatCompletionChunk.Choice['finish_reason']>;

/**
 * All chunks of an answer. The one with the finish reason ends the message; where usage was asked for, it follows in a
 * chunk of its own. Reasoning is left out: the API does not show it.
 */
export function chunksOf(answer: Answer, about: About & { readonly includeUsage: boolean }): WireChunk[] {
  const { end, parts } = answer;
  const base = {
    id: `chatcmpl-${about.hash}`,
    object: 'chat.completion.chunk' as const,
    created: created,
    model: about.model,
    system_fingerprint: 'fp_fake',
    ...(about.includeUsage && { usage: null }),
    ...(answer.aliens && { mood: 'good' }),
  };
  const chunk = (delta: Delta, finish_reason: Finish | null = null): ChatCompletionChunk => ({
    ...base,
    choices: [{ index: 0, delta, finish_reason, logprobs: null } satisfies ChatCompletionChunk.Choice],
  });
  const deltas = [{ role: 'assistant' as const, content: '', refusal: null }, ...deltasOf(parts, about)];
  const chunks: WireChunk[] = deltas.map((delta) => chunk(delta));
  if (end.kind === 'failed' || end.kind === 'error') {
    return [...chunks, { error: { message: end.message, type: 'server_error', param: null, code: end.code } }];
  }
  const called = parts.some(({ kind }) => kind === 'call');
  const finish =
    end.kind === 'incomplete'
      ? end.reason === 'content_filter'
        ? end.reason
        : 'length'
      : called
        ? 'tool_calls'
        : 'stop';
  const last = chunk({}, finish);
  return about.includeUsage
    ? [...chunks, last, { ...base, choices: [], usage: usageOf(answer, about) }]
    : [...chunks, last];
}

function deltasOf(parts: readonly Part[], { turn, hash }: About): Delta[] {
  let index = -1;
  return parts.flatMap((part, position): Delta[] => {
    switch (part.kind) {
      case 'text':
        return pieces(part.text).map((content) => ({ content }));
      case 'refusal':
        return pieces(part.text).map((refusal) => ({ refusal }));
      case 'reasoning':
        return [];
      case 'call': {
        index += 1;
        const at = index;
        const id = callId(turn, position, hash);
        const begin = { index: at, id, type: 'function' as const, function: { name: part.name, arguments: '' } };
        return [
          { tool_calls: [begin] },
          ...pieces(part.arguments).map((text) => ({ tool_calls: [{ index: at, function: { arguments: text } }] })),
        ];
      }
    }
  });
}

function usageOf({ tokens, parts }: Answer, { inputTokens }: About): NonNullable<ChatCompletionChunk['usage']> {
  const prompt = tokens?.input ?? inputTokens;
  const completion = tokens?.output ?? tokensIn(parts);
  const reasoning = tokens?.reasoning ?? tokensIn(parts.filter(({ kind }) => kind === 'reasoning'));
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: tokens?.cached ?? 0, cache_write_tokens: tokens?.cacheWrite ?? 0 },
    completion_tokens_details: { reasoning_tokens: reasoning },
  };
}
