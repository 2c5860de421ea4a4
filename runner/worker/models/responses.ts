import { setTimeout as sleep } from 'node:timers/promises';
import type OpenAI from 'openai';
import { APIConnectionTimeoutError, APIError } from 'openai';
import type {
  FunctionTool,
  ResponseCreateParamsStreaming,
  ResponseIncludable,
} from 'openai/resources/responses/responses';
import { z, ZodError } from 'zod';
import type { ModelItem } from '../../../shared/run/model-item.ts';
import { connect, type Connection, type EndpointOptions, failed, type Seen, unfinished } from './connection.ts';
import {
  type Endpoint,
  failedResponse,
  failureOf,
  incompleteFailure,
  lostFailure,
  protocolFailure,
  stalledFailure,
} from './failure.ts';
import type { Model, ModelOutcome, ModelRequest, RespondOptions, ToolSpec } from './model.ts';
import { inputOf, itemsOf, usageOf, WireResponse } from './responses-items.ts';
import { listen } from './stream.ts';

export interface ResponsesOptions extends EndpointOptions {
  /** Let the provider go on with a response when the connection is lost. The provider then stores the response. */
  readonly background?: boolean | undefined;
  /** ms between two looks at a background response. Default 2,000. */
  readonly pollMs?: number | undefined;
}

const POLL_MS = 2_000;

/** ms that a cancellation of a background response may take; the response ends by itself anyway. */
const CANCEL_MS = 5_000;

const INCLUDE: ResponseIncludable[] = ['reasoning.encrypted_content'];

const TERMINAL = new Set(['response.completed', 'response.failed', 'response.incomplete']);

/** What we read of an event. Events of other types, and other fields, are none of our business. */
const WireEvent = z.looseObject({
  type: z.string(),
  delta: z.unknown().optional(),
  response: z.looseObject({}).optional(),
  item: z.looseObject({ type: z.string() }).optional(),
});

/**
 * The Responses API: streaming and stateless, with function tools in strict mode. Serves OpenAI, and the local servers
 * that speak it (Ollama, LM Studio, llama.cpp, vLLM).
 */
export function responsesModel(options: ResponsesOptions): Model {
  const connection = connect(options);
  const pollMs = options.pollMs ?? POLL_MS;
  return {
    name: options.model,
    contextWindow: options.contextWindow ?? null,
    respond: (request, how) =>
      options.background === true && request.resume !== undefined
        ? poll(connection, { responseId: request.resume.responseId, pollMs }, how.signal)
        : stream(connection, bodyOf(request, options), { ...how, key: request.idempotencyKey }),
  };
}

/** What has been read of a response so far. */
interface Reading extends Seen {
  responseId: string | null;
  characters: number;
  /** The items that were finished one by one: some servers leave them out of the terminal event. */
  readonly finished: { readonly type: string }[];
  terminal: unknown;
}

async function stream(
  connection: Connection,
  body: ResponseCreateParamsStreaming,
  how: RespondOptions & { readonly key: string },
): Promise<ModelOutcome> {
  const { client, endpoint, idleMs } = connection;
  const background = body.background === true;
  const reading: Reading = {
    events: 0,
    contentType: '',
    responseId: null,
    characters: 0,
    finished: [],
    terminal: undefined,
  };
  const end = await listen<unknown>({
    signal: how.signal,
    idleMs,
    open: async (signal) => {
      const sent = client.responses.create(body, { signal, headers: { 'Idempotency-Key': how.key } });
      const { data, response } = await sent.withResponse();
      reading.contentType = response.headers.get('content-type') ?? '';
      return data;
    },
    onEvent: async (event) => {
      const { responseId, characters } = reading;
      const next = read(reading, event);
      if (background && responseId === null && reading.responseId !== null)
        await how.onResponseId?.(reading.responseId);
      if (reading.characters > characters) how.onProgress?.(reading.characters);
      return next;
    },
  });
  if (end.kind === 'aborted' && background && reading.responseId !== null) await cancel(client, reading.responseId);
  return end.kind === 'done'
    ? outcomeOf(reading.terminal, endpoint, reading.finished)
    : unfinished(end, connection, reading);
}

/** Adds one event to what has been read; what is no event of ours is passed over. */
function read(reading: Reading, raw: unknown): 'more' | 'done' {
  reading.events += 1;
  const { success, data: event } = WireEvent.safeParse(raw);
  if (!success) return 'more';
  reading.responseId ??= WireResponse.pick({ id: true }).safeParse(event.response).data?.id ?? null;
  if (typeof event.delta === 'string') reading.characters += event.delta.length;
  if (event.type === 'response.output_item.done' && event.item !== undefined) reading.finished.push(event.item);
  if (!TERMINAL.has(event.type)) return 'more';
  // Not every server repeats in the response how it ended, and not every one does so rightly.
  reading.terminal = event.response && { ...event.response, status: event.type.slice('response.'.length) };
  return 'done';
}

/** Goes on with a background response by looking at it until it has ended. */
async function poll(
  connection: Connection,
  { responseId, pollMs }: { readonly responseId: string; readonly pollMs: number },
  signal: AbortSignal,
): Promise<ModelOutcome> {
  const { client, endpoint } = connection;
  while (!signal.aborted) {
    const seen = await look(connection, responseId, signal);
    if (seen.kind === 'aborted') break;
    if (seen.kind !== 'response') return seen;
    const { status } = seen.response;
    if (status === 'cancelled') return failed(lostFailure(responseId, endpoint));
    if (status !== 'queued' && status !== 'in_progress') return outcomeOf(seen.response, endpoint, []);
    // The wait is cut short by an abort, which the loop then sees.
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
  }
  await cancel(client, responseId);
  return { kind: 'aborted' };
}

async function look(
  { client, endpoint, idleMs }: Connection,
  responseId: string,
  signal: AbortSignal,
): Promise<ModelOutcome | { readonly kind: 'response'; readonly response: WireResponse }> {
  let answer: unknown;
  try {
    answer = await client.responses.retrieve(responseId, { include: INCLUDE }, { signal, timeout: idleMs });
  } catch (error) {
    if (signal.aborted) return { kind: 'aborted' };
    if (error instanceof APIConnectionTimeoutError) return failed(stalledFailure(idleMs, endpoint));
    if (error instanceof APIError && error.status === 404) return failed(lostFailure(responseId, endpoint));
    return failed(failureOf(error, endpoint));
  }
  const parsed = WireResponse.safeParse(answer);
  return parsed.success
    ? { kind: 'response', response: parsed.data }
    : failed(protocolFailure('an answer without id and status', endpoint));
}

/** Best effort: an answer that nobody waits for costs until its end. */
async function cancel(client: OpenAI, responseId: string): Promise<void> {
  await client.responses.cancel(responseId, { signal: AbortSignal.timeout(CANCEL_MS) }).catch(() => undefined);
}

function bodyOf(request: ModelRequest, options: ResponsesOptions): ResponseCreateParamsStreaming {
  const background = options.background === true;
  return {
    model: options.model,
    instructions: request.instructions,
    input: inputOf(request.items),
    tools: request.tools.map(toolOf),
    parallel_tool_calls: true,
    stream: true,
    // A background response has to be stored to be there when we come back; else nothing stays with the provider.
    store: background,
    include: INCLUDE,
    ...(background && { background }),
    ...(options.reasoningEffort && { reasoning: { effort: options.reasoningEffort } }),
  };
}

function toolOf({ name, description, parameters }: ToolSpec): FunctionTool {
  return { type: 'function', name, description, parameters, strict: true };
}

/** @param finished stands in for the output of a response that has none. */
function outcomeOf(wire: unknown, endpoint: Endpoint, finished: readonly { readonly type: string }[]): ModelOutcome {
  const parsed = WireResponse.safeParse(wire);
  if (!parsed.success) return failed(protocolFailure('a terminal event without a response', endpoint));
  const response = parsed.data;
  const usage = usageOf(response.usage);
  switch (response.status) {
    case 'completed': {
      const output = response.output.length > 0 ? response.output : finished;
      const items = modelItems(output);
      if (items === null) return failed(protocolFailure('a malformed output item', endpoint));
      return { kind: 'completed', items, usage, responseId: response.id };
    }
    case 'incomplete':
      return failed(incompleteFailure(response.incomplete_details?.reason ?? 'unknown reason', endpoint, usage));
    default: {
      const error = { code: response.error?.code ?? '', message: response.error?.message ?? '' };
      return failed(failedResponse(error, endpoint, usage));
    }
  }
}

function modelItems(output: readonly { readonly type: string }[]): ModelItem[] | null {
  try {
    return output.flatMap(itemsOf);
  } catch (error) {
    if (error instanceof ZodError) return null;
    throw error;
  }
}
