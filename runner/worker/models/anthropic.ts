import Anthropic from '@anthropic-ai/sdk';
import type { MessageCreateParamsStreaming, Tool } from '@anthropic-ai/sdk/resources/messages';
import { addEvent, emptyMessage, itemsOfMessage, type MessageAnswer } from './anthropic-answer.ts';
import { cachePoint, messagesOf, usageOfMessage } from './anthropic-messages.ts';
import { type Connection, connect, type EndpointOptions, failed, nameOf, note } from './connection.ts';
import { endpointModel, type EndpointModel, type Reading } from './endpoint-model.ts';
import { incompleteFailure, saidFailure } from './failure.ts';
import { validHistory } from './history.ts';
import type { ModelOutcome, ModelRequest, ToolSpec } from './model.ts';

/**
 * The API wants a limit. What a turn of a coding agent comes to, thinking included, fits many times; a model that has less says so, and the next
 * request asks for no more.
 */
const usualMostOutput = 32_000;

/** Anthropic's Messages API, with cache points at the tools, the instructions and the last two messages. */
export function anthropicModel(options: EndpointOptions): EndpointModel {
  const { connection, sdk } = connect(options, 'ANTHROPIC');
  connection.mostOutput = usualMostOutput;
  // The SDK adds the version to its paths itself.
  const { messages } = new Anthropic({ ...sdk, baseURL: sdk.baseURL.replace(/\/v1$/, '') });
  return endpointModel(connection, {
    ask: (request) => {
      const body = bodyOf(request, options, connection);
      return (sending) => messages.create(body, sending).asResponse();
    },
    empty: emptyMessage,
    add: addEvent,
    ended: (answer) => answer.ended,
    outcome: (reading) => outcomeOf(reading, connection),
  });
}

function bodyOf(
  request: ModelRequest,
  options: EndpointOptions,
  { switches, endpoint, mostOutput }: Connection,
): MessageCreateParamsStreaming {
  return {
    model: options.model,
    max_tokens: mostOutput ?? usualMostOutput,
    stream: true,
    system: [{ type: 'text', text: request.instructions, ...cachePoint }],
    messages: messagesOf(
      { ...request, items: validHistory(request.items) },
      switches.returnReasoning ? nameOf(endpoint) : null,
    ),
    ...(request.tools.length > 0 && { tools: toolsOf(request.tools) }),
    ...(switches.reasoning && thinking(options.reasoningEffort)),
  };
}

/** Nobody said how much it is to think: then as the model does by itself. */
function thinking(
  effort: EndpointOptions['reasoningEffort'],
): Pick<MessageCreateParamsStreaming, 'thinking' | 'output_config'> {
  if (effort === undefined) return {};
  if (effort === 'none') return { thinking: { type: 'disabled' } };
  return { thinking: { type: 'adaptive' }, output_config: { effort: effort === 'minimal' ? 'low' : effort } };
}

/** Tools are the same in every request of a run: with a cache point at the last, they are paid once. */
function toolsOf(tools: readonly ToolSpec[]): Tool[] {
  return tools.map(({ name, description, parameters }, index) => ({
    name,
    description,
    // safe: the tools' schemas are of objects
    input_schema: parameters as Tool['input_schema'],
    ...(index === tools.length - 1 && cachePoint),
  }));
}

function outcomeOf(reading: Reading<MessageAnswer>, { endpoint }: Connection): ModelOutcome | null {
  const { answer } = reading;
  if (!answer.ended && answer.stop === null) return null;
  const usage = usageOfMessage(answer.usage);
  switch (answer.stop) {
    case 'max_tokens':
      return failed(incompleteFailure('max_output_tokens', endpoint, usage));
    case 'model_context_window_exceeded':
      return failed(saidFailure({ message: 'the context window is exceeded', code: answer.stop }, endpoint, usage));
    default: {
      const items = itemsOfMessage(answer, nameOf(endpoint), (what) => note(reading, what));
      // The words that it declined with come as text.
      const said = items.flatMap((item) => (item.type === 'message' ? [item.text] : [])).join('\n\n');
      const refusal =
        answer.stop === 'refusal' ? [{ type: 'refusal' as const, text: said || 'The model declined.' }] : null;
      return { kind: 'completed', items: refusal ?? items, usage, responseId: null, oddities: reading.oddities };
    }
  }
}
