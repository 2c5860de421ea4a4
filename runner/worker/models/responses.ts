import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI, { APIConnectionTimeoutError, APIError } from 'openai';
import type {
  FunctionTool,
  ResponseCreateParamsStreaming,
  ResponseIncludable,
} from 'openai/resources/responses/responses';
import type { ModelItem } from '../../../shared/run/model-item.ts';
import { type Connection, connect, type EndpointOptions, failed, note, refused } from './connection.ts';
import { endpointModel, type EndpointModel } from './endpoint-model.ts';
import { failureOf, incompleteFailure, lostFailure, protocolFailure, saidFailure, stalledFailure } from './failure.ts';
import { validHistory } from './history.ts';
import { isBag, type Odd } from './lenient.ts';
import type { Model, ModelOutcome, ModelRequest, ToolSpec } from './model.ts';
import { inputOf, itemsOf, WireResponse } from './responses-items.ts';
import { errorIn } from './said-error.ts';
import { usageOf } from './usage.ts';

interface ResponsesOptions extends EndpointOptions {
  /** Let the provider go on with a response when the connection is lost. The provider then stores the response. */
  readonly background?: boolean;
  /** ms between two looks at a background response. Default 2,000. */
  readonly pollMs?: number;
}

const usualPollMs = 2_000;

/** ms that a cancellation of a background response may take; the response ends by itself anyway. */
const cancelMs = 5_000;

const included: ResponseIncludable[] = ['reasoning.encrypted_content'];

const terminalEvents = new Set(['response.completed', 'response.failed', 'response.incomplete']);

/**
 * The Responses API: streaming and stateless, with function tools in strict mode. Serves OpenAI, and the local servers
 * that speak it (Ollama, LM Studio, llama.cpp, vLLM).
 */
export function responsesModel(options: ResponsesOptions): EndpointModel {
  const { connection, sdk } = connect(options, 'OPENAI');
  const { responses } = new OpenAI(sdk);
  const streaming = endpointModel<ResponsesAnswer>(connection, {
    ask: (request) => {
      const body = bodyOf(request, options, connection);
      return (sending) => responses.create(body, sending).asResponse();
    },
    empty: () => ({ responseId: null, finished: [], text: '', terminal: undefined }),
    add: addEvent,
    ended: ({ terminal }) => terminal !== undefined,
    ...(options.background === true && { idIn: ({ responseId }) => responseId }),
    outcome: ({ answer, done, oddities }) => {
      const { responseId: id, finished, terminal } = answer;
      // Some servers have no terminal event but [DONE]; what they had to say came as items.
      if (done && finished.length > 0)
        return outcomeOf({ id, status: 'completed' }, connection, { ...answer, oddities });
      return terminal === undefined ? null : outcomeOf(terminal, connection, { ...answer, oddities });
    },
  });
  if (options.background !== true) return streaming;
  const background: Background = { responses, connection, pollMs: options.pollMs ?? usualPollMs };
  return { ...streaming, respond: respondingInBackground(streaming, background) };
}

/** What has been read of a response so far. */
interface ResponsesAnswer {
  responseId: string | null;
  /** The items that were finished one by one: some servers leave them out of the terminal event. */
  readonly finished: unknown[];
  /** Text that came in pieces, for a server that finishes no items. */
  text: string;
  /** Undefined: it has not come; null: it came and said nothing. */
  terminal: unknown;
}

/** Adds one event to what has been read; what is no event of ours is passed over. */
function addEvent(answer: ResponsesAnswer, raw: unknown, odd: Odd): void {
  if (!isBag(raw)) {
    odd('an event that is no object');
    return;
  }
  const { type, delta, item, response } = raw;
  if (raw['object'] === 'response' && type === undefined) {
    // The whole of it, from a server that does not stream.
    answer.terminal = raw;
    return;
  }
  if (typeof type !== 'string') {
    odd('an event without a type');
    return;
  }
  answer.responseId ??= WireResponse.pick({ id: true }).safeParse(response).data?.id ?? null;
  if (type === 'response.output_text.delta' && typeof delta === 'string') answer.text += delta;
  if (type === 'response.output_item.done' && item !== undefined) answer.finished.push(item);
  if (!terminalEvents.has(type)) return;
  if (isBag(response) || answer.finished.length > 0 || answer.text !== '') {
    // Nobody can say whether what was read on the way is all that there was.
    if (!isBag(response)) odd('an end without its response');
    // Not every server repeats in the response how it ended, and not every one does so rightly.
    answer.terminal = { ...(isBag(response) ? response : {}), status: type.slice('response.'.length) };
  } else answer.terminal = null;
}

interface Background {
  readonly responses: OpenAI['responses'];
  readonly connection: Connection;
  readonly pollMs: number;
}

/** Has the provider go on without us: a response is gone on with by its id, and cancelled when nobody wants it any more. */
const respondingInBackground =
  (streaming: Model, background: Background): Model['respond'] =>
  async (request, { signal, onResponseId }) => {
    if (request.resume !== undefined) return poll(background, request.resume.responseId, signal);
    let responseId: string | null = null;
    const outcome = await streaming.respond(request, {
      signal,
      onResponseId: async (id) => {
        responseId = id;
        await onResponseId?.(id);
      },
    });
    if (outcome.kind === 'aborted' && responseId !== null) await cancel(background, responseId);
    return outcome;
  };

/** Goes on with a background response by looking at it until it has ended. */
async function poll(background: Background, responseId: string, signal: AbortSignal): Promise<ModelOutcome> {
  const { connection, pollMs } = background;
  while (!signal.aborted) {
    const seen = await look(background, responseId, signal);
    if (seen.kind === 'aborted') break;
    if (seen.kind !== 'response') return seen;
    const { status } = seen.response;
    if (status === 'cancelled') return failed(lostFailure(responseId, connection.endpoint));
    if (status !== 'queued' && status !== 'in_progress')
      return outcomeOf(seen.response, connection, { finished: [], text: '', oddities: [] });
    // The wait is cut short by an abort, which the loop then sees.
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
  }
  await cancel(background, responseId);
  return { kind: 'aborted' };
}

async function look(
  { responses, connection: { endpoint, idleMs } }: Background,
  responseId: string,
  signal: AbortSignal,
): Promise<ModelOutcome | { readonly kind: 'response'; readonly response: WireResponse }> {
  let answer: unknown;
  try {
    answer = await responses.retrieve(responseId, { include: included }, { signal, timeout: idleMs });
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
async function cancel({ responses }: Background, responseId: string): Promise<void> {
  await responses.cancel(responseId, { signal: AbortSignal.timeout(cancelMs) }).catch(() => undefined);
}

function bodyOf(
  request: ModelRequest,
  options: ResponsesOptions,
  { switches }: Connection,
): ResponseCreateParamsStreaming {
  const background = options.background === true;
  return {
    model: options.model,
    instructions: request.instructions,
    input: inputOf({ ...request, items: validHistory(request.items) }),
    tools: request.tools.map((tool) => toolOf(tool, switches.strict)),
    ...(switches.parallelCalls && { parallel_tool_calls: true }),
    stream: true,
    // A background response has to be stored to be there when we come back; else nothing stays with the provider.
    store: background,
    ...(switches.encryptedReasoning && { include: included }),
    ...(background && { background }),
    ...(switches.reasoning && options.reasoningEffort && { reasoning: { effort: options.reasoningEffort } }),
  };
}

function toolOf({ name, description, parameters }: ToolSpec, strict: boolean): FunctionTool {
  // Where the switch is off, the field is left out; the declaration of the SDK knows no such endpoint.
  const tool = { type: 'function' as const, name, description, parameters };
  return strict ? { ...tool, strict } : (tool as FunctionTool); // safe: the wire takes it without
}

/** The items as the last event has them, unless it has fewer of the calls than were finished on the way: then those. */
function fuller(last: readonly ModelItem[], onTheWay: readonly ModelItem[]): readonly ModelItem[] {
  const named = (items: readonly ModelItem[]) =>
    items.filter((item) => item.type === 'call' && item.name !== '').length;
  return last.length === 0 || named(last) < named(onTheWay) ? onTheWay : last;
}

/** What was finished on the way stands in for the output of a response that has none, or not all. */
function outcomeOf(
  wire: unknown,
  connection: Connection,
  { finished, text, oddities }: Pick<ResponsesAnswer, 'finished' | 'text'> & { readonly oddities: readonly string[] },
): ModelOutcome {
  const { endpoint } = connection;
  const parsed = WireResponse.safeParse(wire);
  if (!parsed.success) return failed(protocolFailure('a terminal event without a response', endpoint));
  const response = parsed.data;
  const usage = usageOf(response.usage, ['input', 'output']);
  switch (response.status) {
    case 'completed': {
      const seen = { oddities: [...oddities] };
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
