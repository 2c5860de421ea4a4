import type {
  ChatCompletionAssistantMessageParam,
  ChatCompletionMessageFunctionToolCall,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions';
import type { ModelItem } from '../../../shared/run/model-item.ts';

/**
 * Our items as chat messages. What the model said and called in one turn becomes one assistant message, followed by the
 * outputs of its calls, as the API demands. The instructions are a `system` message: older servers know no other role for them,
 * and OpenAI reads it as `developer`.
 *
 * @param to names the endpoint, which gets back what it gave to be returned; null: nothing is. Reasoning of others is left out.
 */
export function messagesOf(
  instructions: string,
  items: readonly ModelItem[],
  to: string | null,
): ChatCompletionMessageParam[] {
  const messages: ChatCompletionMessageParam[] = [{ role: 'system', content: instructions }];
  for (const item of items) {
    switch (item.type) {
      case 'message':
        if (item.role === 'user') messages.push({ role: 'user', content: item.text });
        else say(messages, item.text);
        break;
      case 'refusal':
        say(messages, item.text);
        break;
      case 'call':
        call(messages, {
          id: item.call,
          type: 'function',
          function: { name: item.name, arguments: item.arguments },
        });
        break;
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

function say(messages: ChatCompletionMessageParam[], text: string): void {
  const last = messages.at(-1);
  if (last?.role !== 'assistant') messages.push({ role: 'assistant', content: text });
  else last.content = typeof last.content === 'string' ? `${last.content}\n\n${text}` : text;
}

function call(messages: ChatCompletionMessageParam[], call: ChatCompletionMessageFunctionToolCall): void {
  const last = messages.at(-1);
  if (last?.role === 'assistant') {
    last.tool_calls = [...(last.tool_calls ?? []), call];
    return;
  }
  const message: ChatCompletionAssistantMessageParam = { role: 'assistant', content: null, tool_calls: [call] };
  messages.push(message);
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
