import type {
  ChatCompletionCreateParamsStreaming,
  ChatCompletionFunctionTool,
} from 'openai/resources/chat/completions';
import { addChunk, callsAreWhole, type ChatAnswer, emptyAnswer, itemsOfAnswer, saysSomething } from './chat-answer.ts';
import { messagesOf } from './chat-messages.ts';
import {
  connect,
  type OpenAiConnection,
  type EndpointModel,
  type EndpointOptions,
  failed,
  nameOf,
  note,
  refused,
  type Seen,
  unfinished,
} from './connection.ts';
import { incompleteFailure, saidFailure } from './failure.ts';
import { type Frame, framesOf } from './frames.ts';
import { validHistory } from './history.ts';
import type { ModelFailure, ModelOutcome, ModelRequest, RespondOptions, ToolSpec } from './model.ts';
import { errorIn } from './said-error.ts';
import { listen } from './stream.ts';

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

interface Reading extends Seen {
  readonly answer: ChatAnswer;
  /** The server said `[DONE]`. */
  done: boolean;
  failure: ModelFailure | null;
}

async function respond(
  connection: OpenAiConnection,
  body: ChatCompletionCreateParamsStreaming,
  how: RespondOptions & { readonly key: string },
): Promise<ModelOutcome> {
  const answer = emptyAnswer();
  const reading: Reading = { events: 0, contentType: '', oddities: [], answer, done: false, failure: null };
  const end = await listen<Frame>({
    signal: how.signal,
    idleMs: connection.idleMs,
    open: async (signal, alive) => {
      const headers = { 'Idempotency-Key': how.key };
      const response = await connection.client.chat.completions.create(body, { signal, headers }).asResponse();
      reading.contentType = response.headers.get('content-type') ?? '';
      return framesOf(response, alive);
    },
    onEvent: async (frame) => {
      const before = answer.characters;
      const next = read(reading, frame, connection);
      if (answer.characters > before) how.onProgress?.(answer.characters);
      return next;
    },
  });
  if (end.kind === 'aborted') return { kind: 'aborted' };
  if (reading.failure !== null) return refused(reading.failure, connection);
  // The reason to finish is the terminal event; usage comes after it, and to lose that alone is no failure. Where none came, [DONE] says it.
  const whole = answer.finish !== null || (reading.done && saysSomething(answer) && callsAreWhole(answer));
  return whole ? outcomeOf(reading, connection) : unfinished(end, connection, reading);
}

function read(reading: Reading, frame: Frame, { endpoint }: OpenAiConnection): 'more' | 'done' {
  switch (frame.kind) {
    case 'done':
      reading.done = true;
      return 'done';
    case 'unreadable':
      note(reading, 'an event that is no JSON');
      return 'more';
    case 'json': {
      const error = errorIn(frame.value);
      if (error !== null) {
        reading.failure = saidFailure(error, endpoint);
        return 'done';
      }
      reading.events += 1;
      addChunk(reading.answer, frame.value, (what) => note(reading, what));
      return 'more';
    }
  }
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

function outcomeOf({ answer, oddities }: Reading, { endpoint }: OpenAiConnection): ModelOutcome {
  const { finish, usage } = answer;
  if (finish === 'length' || finish === 'content_filter') return failed(incompleteFailure(finish, endpoint, usage));
  if (finish === 'error') return failed(saidFailure({ message: 'finish_reason error' }, endpoint, usage));
  return { kind: 'completed', items: itemsOfAnswer(answer, nameOf(endpoint)), usage, responseId: null, oddities };
}
