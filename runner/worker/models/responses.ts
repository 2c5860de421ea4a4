import { setTimeout as sleep } from 'node:timers/promises';
import type OpenAI from 'openai';
import { APIConnectionTimeoutError, APIError } from 'openai';
import type {
  FunctionTool,
  ResponseCreateParamsStreaming,
  ResponseIncludable,
} from 'openai/resources/responses/responses';
import type { ModelItem } from '../../../shared/run/model-item.ts';
import {
  connect,
  type OpenAiConnection,
  type EndpointModel,
  type EndpointOptions,
  failed,
  note,
  refused,
  type Seen,
  unfinished,
} from './connection.ts';
import {
  type Endpoint,
  failureOf,
  incompleteFailure,
  lostFailure,
  protocolFailure,
  saidFailure,
  stalledFailure,
} from './failure.ts';
import { type Frame, framesOf } from './frames.ts';
import { validHistory } from './history.ts';
import type { ModelFailure, ModelOutcome, ModelRequest, RespondOptions, ToolSpec } from './model.ts';
import { inputOf, itemsOf, usageOf, WireResponse } from './responses-items.ts';
import { errorIn } from './said-error.ts';
import { listen } from './stream.ts';
import { isBag } from './lenient.ts';

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

/**
 * The Responses API: streaming and stateless, with function tools in strict mode. Serves OpenAI, and the local servers
 * that speak it (Ollama, LM Studio, llama.cpp, vLLM).
 */
export function responsesModel(options: ResponsesOptions): EndpointModel {
  const connection = connect(options);
  const pollMs = options.pollMs ?? POLL_MS;
  return {
    name: options.model,
    contextWindow: options.contextWindow ?? null,
    switches: () => connection.switches,
    respond: (request, how) =>
      options.background === true && request.resume !== undefined
        ? poll(connection, { responseId: request.resume.responseId, pollMs }, how.signal)
        : stream(connection, bodyOf(request, options, connection), { ...how, key: request.idempotencyKey }),
  };
}

/** What has been read of a response so far. */
interface Reading extends Seen {
  responseId: string | null;
  characters: number;
  /** The items that were finished one by one: some servers leave them out of the terminal event. */
  readonly finished: unknown[];
  /** Text and refusal that came in pieces, for a server that finishes no items. */
  text: string;
  terminal: unknown;
  failure: ModelFailure | null;
}

async function stream(
  connection: OpenAiConnection,
  body: ResponseCreateParamsStreaming,
  how: RespondOptions & { readonly key: string },
): Promise<ModelOutcome> {
  const { client, endpoint, idleMs } = connection;
  const background = body.background === true;
  const reading: Reading = {
    events: 0,
    contentType: '',
    oddities: [],
    responseId: null,
    characters: 0,
    finished: [],
    text: '',
    terminal: undefined,
    failure: null,
  };
  const end = await listen<Frame>({
    signal: how.signal,
    idleMs,
    open: async (signal, alive) => {
      const headers = { 'Idempotency-Key': how.key };
      const response = await client.responses.create(body, { signal, headers }).asResponse();
      reading.contentType = response.headers.get('content-type') ?? '';
      return framesOf(response, alive);
    },
    onEvent: async (frame) => {
      const { responseId, characters } = reading;
      const next = read(reading, frame, endpoint);
      if (background && responseId === null && reading.responseId !== null)
        await how.onResponseId?.(reading.responseId);
      if (reading.characters > characters) how.onProgress?.(reading.characters);
      return next;
    },
  });
  if (end.kind === 'aborted' && background && reading.responseId !== null) await cancel(client, reading.responseId);
  if (end.kind === 'aborted') return { kind: 'aborted' };
  if (reading.failure !== null) return refused(reading.failure, connection);
  return end.kind === 'done' && reading.terminal !== undefined
    ? outcomeOf(reading.terminal, connection, reading)
    : unfinished(end, connection, reading);
}

/** Adds one event to what has been read; what is no event of ours is passed over. */
function read(reading: Reading, frame: Frame, endpoint: Endpoint): 'more' | 'done' {
  switch (frame.kind) {
    case 'done':
      // Some servers have no terminal event but this one; what they had to say came as items.
      if (reading.finished.length > 0) reading.terminal = { id: reading.responseId, status: 'completed' };
      return 'done';
    case 'unreadable':
      note(reading, 'an event that is no JSON');
      return 'more';
    case 'json':
      return readEvent(reading, frame.value, endpoint);
  }
}

function readEvent(reading: Reading, raw: unknown, endpoint: Endpoint): 'more' | 'done' {
  if (!isBag(raw)) {
    note(reading, 'an event that is no object');
    return 'more';
  }
  const { type, delta, item, response } = raw;
  // A response that failed has an error too, and more to say; its own event does that.
  const error = type === 'response.failed' ? null : errorIn(raw);
  if (error !== null) {
    reading.failure = saidFailure(error, endpoint);
    return 'done';
  }
  reading.events += 1;
  if (raw['object'] === 'response' && type === undefined) {
    // The whole of it, from a server that does not stream.
    reading.terminal = raw;
    return 'done';
  }
  if (typeof type !== 'string') {
    note(reading, 'an event without a type');
    return 'more';
  }
  reading.responseId ??= WireResponse.pick({ id: true }).safeParse(response).data?.id ?? null;
  if (typeof delta === 'string') reading.characters += delta.length;
  if (type === 'response.output_text.delta' && typeof delta === 'string') reading.text += delta;
  if (type === 'response.output_item.done' && item !== undefined) reading.finished.push(item);
  if (!TERMINAL.has(type)) return 'more';
  if (!isBag(response) && reading.finished.length === 0 && reading.text === '') {
    reading.failure = protocolFailure('a terminal event without a response', endpoint);
    return 'done';
  }
  // Nobody can say whether what was read on the way is all that there was.
  if (!isBag(response)) note(reading, 'an end without its response');
  // Not every server repeats in the response how it ended, and not every one does so rightly.
  reading.terminal = { ...(isBag(response) ? response : {}), status: type.slice('response.'.length) };
  return 'done';
}

/** Goes on with a background response by looking at it until it has ended. */
async function poll(
  connection: OpenAiConnection,
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
    if (status !== 'queued' && status !== 'in_progress') return outcomeOf(seen.response, connection, nothingRead());
    // The wait is cut short by an abort, which the loop then sees.
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
  }
  await cancel(client, responseId);
  return { kind: 'aborted' };
}

async function look(
  { client, endpoint, idleMs }: OpenAiConnection,
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
  return parsed.success && parsed.data.status !== null
    ? { kind: 'response', response: parsed.data }
    : failed(protocolFailure('an answer without a status', endpoint));
}

/** Best effort: an answer that nobody waits for costs until its end. */
async function cancel(client: OpenAI, responseId: string): Promise<void> {
  await client.responses.cancel(responseId, { signal: AbortSignal.timeout(CANCEL_MS) }).catch(() => undefined);
}

function bodyOf(
  request: ModelRequest,
  options: ResponsesOptions,
  { switches }: OpenAiConnection,
): ResponseCreateParamsStreaming {
  const background = options.background === true;
  return {
    model: options.model,
    instructions: request.instructions,
    input: inputOf(validHistory(request.items)),
    tools: request.tools.map((tool) => toolOf(tool, switches.strict)),
    ...(switches.parallelCalls && { parallel_tool_calls: true }),
    stream: true,
    // A background response has to be stored to be there when we come back; else nothing stays with the provider.
    store: background,
    ...(switches.encryptedReasoning && { include: INCLUDE }),
    ...(background && { background }),
    ...(switches.reasoning && options.reasoningEffort && { reasoning: { effort: options.reasoningEffort } }),
  };
}

function toolOf({ name, description, parameters }: ToolSpec, strict: boolean): FunctionTool {
  // Where the switch is off, the field is left out; the declaration of the SDK knows no such endpoint.
  const tool = { type: 'function' as const, name, description, parameters };
  return strict ? { ...tool, strict } : (tool as FunctionTool); // safe: the wire takes it without
}

const nothingRead = (): Pick<Reading, 'finished' | 'text' | 'oddities'> => ({ finished: [], text: '', oddities: [] });

/** The items as the last event has them, unless it has fewer of the calls than were finished on the way: then those. */
function fuller(last: readonly ModelItem[], onTheWay: readonly ModelItem[]): readonly ModelItem[] {
  const named = (items: readonly ModelItem[]) =>
    items.filter((item) => item.type === 'call' && item.name !== '').length;
  return last.length === 0 || named(last) < named(onTheWay) ? onTheWay : last;
}

/** What was finished on the way stands in for the output of a response that has none, or not all. */
function outcomeOf(
  wire: unknown,
  connection: OpenAiConnection,
  { finished, text, oddities }: Pick<Reading, 'finished' | 'text' | 'oddities'>,
): ModelOutcome {
  const { endpoint } = connection;
  const parsed = WireResponse.safeParse(wire);
  if (!parsed.success) return failed(protocolFailure('a terminal event without a response', endpoint));
  const response = parsed.data;
  const usage = usageOf(response.usage);
  switch (response.status) {
    case 'completed': {
      const seen = { events: 0, contentType: '', oddities: [...oddities] };
      const read = (outputs: readonly unknown[]) =>
        outputs.flatMap((output) => itemsOf(output, (what) => note(seen, what)));
      const items = fuller(read(response.output), read(finished));
      const said = items.length === 0 && text !== '' ? [{ type: 'message', role: 'assistant', text } as const] : items;
      return { kind: 'completed', items: said, usage, responseId: response.id, oddities: seen.oddities };
    }
    case 'incomplete':
      return failed(incompleteFailure(response.incomplete_details?.reason ?? 'unknown reason', endpoint, usage));
    default:
      return refused(
        saidFailure(errorIn({ error: response.error ?? '' }) ?? { message: '' }, endpoint, usage),
        connection,
      );
  }
}
