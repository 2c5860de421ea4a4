import type {
  ChatCompletionAssistantMessageParam,
  ChatCompletionContentPart,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions';
import type { ModelItem } from '../../../shared/run/model-item.ts';
import { dataUrl } from './data-url.ts';
import type { ModelRequest } from './model.ts';

/**
 * Our items as chat messages. What the model said and called in one turn becomes one assistant message, followed by the
 * outputs of its calls, as the API demands. The instructions are a `system` message: older servers know no other role for them,
 * and OpenAI reads it as `developer`.
 *
 * @param to names the endpoint, which gets back what it gave to be returned; null: nothing is. Reasoning of others is left out.
 */
export function messagesOf(
  { instructions, items, images = [] }: Pick<ModelRequest, 'instructions' | 'items' | 'images'>,
  to: string | null,
): ChatCompletionMessageParam[] {
  let shown = images;
  const messages: ChatCompletionMessageParam[] = [{ role: 'system', content: instructions }];
  for (const item of items) {
    switch (item.type) {
      case 'message':
        if (item.role === 'user') {
          messages.push({ role: 'user', content: contentOf(item.text, shown) });
          shown = [];
        } else say(messages, item.text);
        break;
      case 'refusal':
        say(messages, item.text);
        break;
      case 'call': {
        const { call: id, name, arguments: args } = item;
        (turn(messages).tool_calls ??= []).push({ id, type: 'function', function: { name, arguments: args } });
        break;
      }
      case 'output':
        messages.push({ role: 'tool', tool_call_id: item.call, content: item.output });
        break;
      case 'returned':
        if (item.from === to) giveBack(messages, item);
        break;
      case 'reasoning':
        break;
    }
  }
  return messages;
}

/** Text alone is sent as such: servers that take no parts take that. */
const contentOf = (text: string, images: NonNullable<ModelRequest['images']>): string | ChatCompletionContentPart[] =>
  images.length === 0
    ? text
    : [
        { type: 'text', text },
        ...images.map((image) => ({ type: 'image_url' as const, image_url: { url: dataUrl(image) } })),
      ];

/** The message of the model's turn at the end, begun where there is none. */
function turn(messages: ChatCompletionMessageParam[]): ChatCompletionAssistantMessageParam {
  const last = messages.at(-1);
  if (last?.role === 'assistant') return last;
  const begun: ChatCompletionAssistantMessageParam = { role: 'assistant', content: null };
  messages.push(begun);
  return begun;
}

function say(messages: ChatCompletionMessageParam[], text: string): void {
  const message = turn(messages);
  message.content = typeof message.content === 'string' ? `${message.content}\n\n${text}` : text;
}

/** Puts what the endpoint wants back where it was: on the call, or on the message that has the calls. */
function giveBack(
  messages: readonly ChatCompletionMessageParam[],
  { call, fields }: Extract<ModelItem, { type: 'returned' }>,
): void {
  const last = messages.at(-1);
  if (last?.role !== 'assistant' || last.tool_calls === undefined) return;
  const place = call === null ? last : last.tool_calls.find(({ id }) => id === call);
  if (place !== undefined) Object.assign(place, fields);
}
