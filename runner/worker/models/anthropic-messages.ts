import type { ContentBlockParam, MessageParam, ToolResultBlockParam } from '@anthropic-ai/sdk/resources/messages';
import type { Json } from '../../../shared/decision/decision.ts';
import type { ModelItem, Usage } from '../../../shared/run/model-item.ts';
import { isBag } from './lenient.ts';
import type { ModelImage, ModelRequest } from './model.ts';

/** Up to here a later request can read from the cache what an earlier one sent. Good for five minutes, renewed by each use. */
export const cachePoint = { cache_control: { type: 'ephemeral' as const } };

/**
 * Our items as messages: user and assistant in turn, the outputs of calls first in the message that follows them, as the API demands. The last
 * message and the one of the user before it are points of the cache: the next request begins with all that this one had.
 *
 * @param to names the endpoint, which gets back the thinking that it signed; null: nothing is given back.
 */
export function messagesOf(
  { items, images = [] }: Pick<ModelRequest, 'items' | 'images'>,
  to: string | null,
): MessageParam[] {
  const messages: { role: 'user' | 'assistant'; content: ContentBlockParam[] }[] = [];
  const add = (role: 'user' | 'assistant', ...blocks: readonly ContentBlockParam[]) => {
    const last = messages.at(-1);
    if (last?.role === role) last.content.push(...blocks);
    else messages.push({ role, content: [...blocks] });
  };
  for (const item of items) {
    switch (item.type) {
      case 'message':
      case 'refusal':
        if (item.text.trim() !== '')
          add(item.type === 'message' ? item.role : 'assistant', { type: 'text', text: item.text });
        break;
      case 'call':
        // The history was made valid: it is the text of an object.
        add('assistant', { type: 'tool_use', id: idOf(item.call), name: item.name, input: JSON.parse(item.arguments) });
        break;
      case 'output':
        add('user', outputBlock(item));
        break;
      case 'returned':
        if (item.from === to) add('assistant', ...thinkingIn(item.fields));
        break;
      case 'reasoning':
        break;
    }
  }
  // What is about an image is understood best where it stands below it.
  messages.find(({ role }) => role === 'user')?.content.unshift(...images.map(imageBlock));
  for (const message of messages.filter(({ role }) => role === 'user').slice(-2)) markLast(message.content);
  return messages;
}

const imageBlock = ({ mediaType, base64 }: ModelImage): ContentBlockParam => ({
  type: 'image',
  source: { type: 'base64', media_type: mediaType, data: base64 },
});

const outputBlock = ({ call, output }: Extract<ModelItem, { type: 'output' }>): ToolResultBlockParam => ({
  type: 'tool_result',
  tool_use_id: idOf(call),
  // Empty text is refused.
  content: output.trim() === '' ? '(no output)' : output,
});

/** Ids that other endpoints made may have characters that this one refuses. */
const idOf = (call: string): string => call.replace(/[^a-zA-Z0-9_-]/g, '_') || 'call';

/** Thinking comes before all else of its message. What stands there was signed by the endpoint, and goes back as it came. */
const thinkingIn = ({ blocks }: Readonly<Record<string, Json>>): ContentBlockParam[] =>
  // safe: `itemsOfMessage` put blocks of these kinds there
  (Array.isArray(blocks) ? blocks : []) as unknown as ContentBlockParam[];

function markLast(content: ContentBlockParam[]): void {
  const last = content.at(-1);
  if (last?.type === 'text' || last?.type === 'tool_result') content[content.length - 1] = { ...last, ...cachePoint };
}

const count = (value: unknown): number =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : 0;

/** `usage` of a message; what was read from the cache, and written to it, is counted apart there and is input here. Null: it says nothing. */
export function usageOfMessage(wire: unknown): Usage | null {
  if (!isBag(wire) || typeof wire['output_tokens'] !== 'number') return null;
  const cached = count(wire['cache_read_input_tokens']);
  const cacheWrite = count(wire['cache_creation_input_tokens']);
  const details = wire['output_tokens_details'];
  return {
    input: count(wire['input_tokens']) + cached + cacheWrite,
    cached,
    cacheWrite,
    output: count(wire['output_tokens']),
    reasoning: isBag(details) ? count(details['thinking_tokens']) : 0,
  };
}
