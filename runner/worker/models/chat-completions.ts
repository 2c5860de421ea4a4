import OpenAI from 'openai';
import type {
  ChatCompletionCreateParamsStreaming,
  ChatCompletionFunctionTool,
} from 'openai/resources/chat/completions';
import { addChunk, callsAreWhole, type ChatAnswer, emptyAnswer, itemsOfAnswer, saysSomething } from './chat-answer.ts';
import { messagesOf } from './chat-messages.ts';
import { type Connection, connect, type EndpointOptions, failed, nameOf } from './connection.ts';
import { endpointModel, type EndpointModel, type Reading } from './endpoint-model.ts';
import { incompleteFailure, saidFailure } from './failure.ts';
import { validHistory } from './history.ts';
import type { ModelOutcome, ModelRequest, ToolSpec } from './model.ts';

/**
 * Chat Completions, for servers that have no Responses API. Reasoning has no place in this API; what an endpoint adds of it, and wants
 * back, is kept as it came.
 */
export function chatCompletionsModel(options: EndpointOptions): EndpointModel {
  const { connection, sdk } = connect(options, 'OPENAI');
  const { completions } = new OpenAI(sdk).chat;
  return endpointModel(connection, {
    ask: (request) => {
      const body = bodyOf(request, options, connection);
      return (sending) => completions.create(body, sending).asResponse();
    },
    empty: emptyAnswer,
    add: addChunk,
    // Usage comes after the reason to finish.
    ended: () => false,
    outcome: (reading) => outcomeOf(reading, connection),
  });
}

function bodyOf(
  request: ModelRequest,
  options: EndpointOptions,
  { switches, endpoint }: Connection,
): ChatCompletionCreateParamsStreaming {
  const from = switches.returnReasoning ? nameOf(endpoint) : null;
  return {
    model: options.model,
    messages: messagesOf({ ...request, items: validHistory(request.items) }, from),
    stream: true,
    ...(switches.streamOptions && { stream_options: { include_usage: true } }),
    // Both are refused without tools.
    ...(request.tools.length > 0 && {
      tools: request.tools.map((tool) => toolOf(tool, switches.strict)),
      ...(switches.parallelCalls && { parallel_tool_calls: true }),
    }),
    ...(switches.reasoning && options.reasoningEffort && { reasoning_effort: options.reasoningEffort }),
  };
}

function toolOf({ name, description, parameters }: ToolSpec, strict: boolean): ChatCompletionFunctionTool {
  return { type: 'function', function: { name, description, parameters, ...(strict && { strict }) } };
}

function outcomeOf({ answer, done, oddities }: Reading<ChatAnswer>, { endpoint }: Connection): ModelOutcome | null {
  const { finish, usage } = answer;
  // The reason to finish is the terminal event; usage comes after it, and to lose that alone is no failure. Where none came, [DONE] says it.
  if (finish === null && !(done && saysSomething(answer) && callsAreWhole(answer))) return null;
  if (finish === 'length' || finish === 'content_filter') return failed(incompleteFailure(finish, endpoint, usage));
  if (finish === 'error') return failed(saidFailure({ message: 'finish_reason error' }, endpoint, usage));
  return { kind: 'completed', items: itemsOfAnswer(answer, nameOf(endpoint)), usage, responseId: null, oddities };
}
