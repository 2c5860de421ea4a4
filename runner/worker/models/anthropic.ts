import Anthropic, { APIConnectionError, APIError } from '@anthropic-ai/sdk';
import type { MessageCreateParamsStreaming, Tool } from '@anthropic-ai/sdk/resources/messages';
import { readAnswer, type Reading } from './answer-reading.ts';
import { addEvent, emptyMessage, itemsOfMessage, type MessageAnswer, usageOfAnswer } from './anthropic-answer.ts';
import { cachePoint, messagesOf, systemOf } from './anthropic-messages.ts';
import {
  type Connection,
  type EndpointModel,
  type EndpointOptions,
  failed,
  nameOf,
  note,
  refused,
  unfinished,
} from './connection.ts';
import { endpointUrl, keyHeaders } from './endpoint-url.ts';
import { type Endpoint, incompleteFailure, networkFailure, retryAfterMs, saidFailure } from './failure.ts';
import { validHistory } from './history.ts';
import { endpointFetch } from './http.ts';
import type { ModelFailure, ModelOutcome, ModelRequest, RespondOptions, ToolSpec } from './model.ts';
import { errorIn } from './said-error.ts';
import { switchesOf } from './switches.ts';

const ANTHROPIC_URL = 'https://api.anthropic.com/v1';
const IDLE_MS = 120_000;

/** The API wants a limit. What a turn of a coding agent comes to, thinking included, fits many times; a model that has less says so, and is asked again. */
const MOST_OUTPUT = 32_000;

interface AnthropicConnection extends Connection {
  readonly anthropic: Anthropic;
  /** Tokens that an answer may have. */
  mostOutput: number;
}

/** Anthropic's Messages API, with cache points at the tools, the instructions and the last two messages. */
export function anthropicModel(options: EndpointOptions): EndpointModel {
  const connection = connectTo(options);
  return {
    name: options.model,
    contextWindow: options.contextWindow ?? null,
    switches: () => connection.switches,
    respond: (request, how) =>
      respond(connection, bodyOf(request, options, connection), { ...how, key: request.idempotencyKey }),
  };
}

function connectTo(options: EndpointOptions): AnthropicConnection {
  const { apiKey, baseURL = ANTHROPIC_URL, model, idleMs = IDLE_MS } = options;
  const endpoint = { apiKey, baseURL, model, variables: 'ANTHROPIC' as const };
  const url = endpointUrl(baseURL);
  const anthropic = new Anthropic({
    apiKey,
    // The SDK adds the version to its paths itself.
    baseURL: url.base.replace(/\/v1$/, ''),
    defaultQuery: { ...url.query },
    // The SDK sends a key as a bearer; the API's documentation, and those who copied it, want it so.
    defaultHeaders: { authorization: null, ...keyHeaders(url, endpoint) },
    maxRetries: 0,
    logLevel: 'off',
    fetch: endpointFetch,
    timeout: 2 ** 31 - 1,
  });
  return { anthropic, endpoint, idleMs, switches: switchesOf(options.switches), mostOutput: MOST_OUTPUT };
}

async function respond(
  connection: AnthropicConnection,
  body: MessageCreateParamsStreaming,
  how: RespondOptions & { readonly key: string },
): Promise<ModelOutcome> {
  const { reading, end } = await readAnswer(
    connection,
    {
      answer: emptyMessage(),
      ask: ({ signal }) =>
        connection.anthropic.messages.create(body, { signal, headers: { 'Idempotency-Key': how.key } }).asResponse(),
      add: addEvent,
      ended: (answer) => answer.ended,
    },
    how,
  );
  const { answer } = reading;
  if (end.kind === 'aborted') return { kind: 'aborted' };
  if (reading.failure !== null) return refusedOr(reading.failure, connection);
  if (end.kind === 'failed' && end.error instanceof APIError)
    return refusedOr(failureOf(end.error, connection.endpoint), connection);
  return answer.ended || answer.stop !== null ? outcomeOf(reading, connection) : unfinished(end, connection, reading);
}

/** Where the endpoint says how much output its model has, the next request asks for no more. */
function refusedOr(failure: ModelFailure, connection: AnthropicConnection): ModelOutcome {
  const limit = failure.code === 'bad_request' ? /max_tokens: \d+ > (\d+)/.exec(failure.message)?.[1] : undefined;
  if (limit === undefined || Number(limit) >= connection.mostOutput) return refused(failure, connection);
  connection.mostOutput = Number(limit);
  return failed({
    ...failure,
    retryable: true,
    retryAfterMs: 0,
    message: `${failure.message} It is asked again for ${limit}.`,
  });
}

function failureOf(error: APIError, endpoint: Endpoint): ModelFailure {
  if (error instanceof APIConnectionError) return networkFailure(error, endpoint);
  const said = errorIn(error.error) ?? { message: error.message };
  const failure = saidFailure({ ...said, status: error.status }, endpoint);
  return { ...failure, retryAfterMs: retryAfterMs(error.headers, Date.now()) ?? failure.retryAfterMs };
}

function bodyOf(
  request: ModelRequest,
  options: EndpointOptions,
  { switches, endpoint, mostOutput }: AnthropicConnection,
): MessageCreateParamsStreaming {
  return {
    model: options.model,
    max_tokens: mostOutput,
    stream: true,
    system: systemOf(request.instructions),
    messages: messagesOf(validHistory(request.items), switches.returnReasoning ? nameOf(endpoint) : null),
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

function outcomeOf(reading: Reading<MessageAnswer>, { endpoint }: Connection): ModelOutcome {
  const { answer } = reading;
  const usage = usageOfAnswer(answer);
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
