import type {
  ChatCompletionCreateParamsStreaming,
  ChatCompletionFunctionTool,
} from 'openai/resources/chat/completions';
import { readAnswer, type Reading } from './answer-reading.ts';
import { addChunk, callsAreWhole, type ChatAnswer, emptyAnswer, itemsOfAnswer, saysSomething } from './chat-answer.ts';
import { messagesOf } from './chat-messages.ts';
import {
  connect,
  type OpenAiConnection,
  type EndpointModel,
  type EndpointOptions,
  failed,
  nameOf,
  refused,
  unfinished,
} from './connection.ts';
import { incompleteFailure, saidFailure } from './failure.ts';
import { validHistory } from './history.ts';
import type { ModelOutcome, ModelRequest, RespondOptions, ToolSpec } from './model.ts';

/**
 * Chat Completions, for servers that have no Responses API. Reasoning has no place in this API; what an endpoint adds of it, and wants
 * back, is kept as it came.
 */
export function chatCompletionsModel(options: EndpointOptions): EndpointModel {
  const connection = connect(options);
  return {
    name: options.model,
    contextWindow: options.contextWindow ?? null,
    switches: () => connection.switches,
    respond: (request, how) =>
      respond(connection, bodyOf(request, options, connection), { ...how, key: request.idempotencyKey }),
  };
}

async function respond(
  connection: OpenAiConnection,
  body: ChatCompletionCreateParamsStreaming,
  how: RespondOptions & { readonly key: string },
): Promise<ModelOutcome> {
  const { reading, end } = await readAnswer(
    connection,
    {
      answer: emptyAnswer(),
      ask: ({ signal }) =>
        connection.client.chat.completions
          .create(body, { signal, headers: { 'Idempotency-Key': how.key } })
          .asResponse(),
      add: addChunk,
      // Usage comes after the reason to finish.
      ended: () => false,
    },
    how,
  );
  const { answer, done, failure } = reading;
  if (end.kind === 'aborted') return { kind: 'aborted' };
  if (failure !== null) return refused(failure, connection);
  // The reason to finish is the terminal event; usage comes after it, and to lose that alone is no failure. Where none came, [DONE] says it.
  const whole = answer.finish !== null || (done && saysSomething(answer) && callsAreWhole(answer));
  return whole ? outcomeOf(reading, connection) : unfinished(end, connection, reading);
}

function bodyOf(
  request: ModelRequest,
  options: EndpointOptions,
  { switches, endpoint }: OpenAiConnection,
): ChatCompletionCreateParamsStreaming {
  const from = switches.returnReasoning ? nameOf(endpoint) : null;
  return {
    model: options.model,
    messages: messagesOf(request.instructions, validHistory(request.items), from),
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

function outcomeOf({ answer, oddities }: Reading<ChatAnswer>, { endpoint }: OpenAiConnection): ModelOutcome {
  const { finish, usage } = answer;
  if (finish === 'length' || finish === 'content_filter') return failed(incompleteFailure(finish, endpoint, usage));
  if (finish === 'error') return failed(saidFailure({ message: 'finish_reason error' }, endpoint, usage));
  return { kind: 'completed', items: itemsOfAnswer(answer, nameOf(endpoint)), usage, responseId: null, oddities };
}
