import { randomUUID } from 'node:crypto';
import type {
  ChatCompletionCreateParamsStreaming,
  ChatCompletionFunctionTool,
} from 'openai/resources/chat/completions';
import { z } from 'zod';
import type { ModelItem } from '../../../shared/run/model-item.ts';
import { messagesOf, usageOfChat } from './chat-messages.ts';
import { connect, type Connection, type EndpointOptions, failed, type Seen, unfinished } from './connection.ts';
import { type Endpoint, incompleteFailure } from './failure.ts';
import type { Model, ModelOutcome, ModelRequest, RespondOptions, ToolSpec } from './model.ts';
import { listen } from './stream.ts';

/**
 * Chat Completions, for servers that have no Responses API. Reasoning is neither returned nor sent back: it has no place
 * in this API.
 */
export function chatCompletionsModel(options: EndpointOptions): Model {
  const connection = connect(options);
  return {
    name: options.model,
    contextWindow: options.contextWindow ?? null,
    respond: (request, how) => respond(connection, bodyOf(request, options), { ...how, key: request.idempotencyKey }),
  };
}

async function respond(
  connection: Connection,
  body: ChatCompletionCreateParamsStreaming,
  how: RespondOptions & { readonly key: string },
): Promise<ModelOutcome> {
  const assembly = newAssembly();
  const seen: Seen = { events: 0, contentType: '' };
  const end = await listen<unknown>({
    signal: how.signal,
    idleMs: connection.idleMs,
    open: async (signal) => {
      const headers = { 'Idempotency-Key': how.key };
      const sent = connection.client.chat.completions.create(body, { signal, headers });
      const { data, response } = await sent.withResponse();
      seen.contentType = response.headers.get('content-type') ?? '';
      return data;
    },
    onEvent: async (chunk) => {
      seen.events += 1;
      const before = assembly.characters;
      assemble(assembly, chunk);
      if (assembly.characters > before) how.onProgress?.(assembly.characters);
      return 'more';
    },
  });
  // The reason to finish is the terminal event; usage comes after it, and to lose that alone is no failure.
  return end.kind !== 'aborted' && assembly.finish !== null
    ? outcomeOf(assembly, connection.endpoint)
    : unfinished(end, connection, seen);
}

function bodyOf(request: ModelRequest, options: EndpointOptions): ChatCompletionCreateParamsStreaming {
  return {
    model: options.model,
    messages: messagesOf(request.instructions, request.items),
    stream: true,
    stream_options: { include_usage: true },
    // Both are refused without tools.
    ...(request.tools.length > 0 && { tools: request.tools.map(toolOf), parallel_tool_calls: true }),
    ...(options.reasoningEffort && { reasoning_effort: options.reasoningEffort }),
  };
}

function toolOf({ name, description, parameters }: ToolSpec): ChatCompletionFunctionTool {
  return { type: 'function', function: { name, description, parameters, strict: true } };
}

const Chunk = z.looseObject({
  choices: z
    .array(
      z.looseObject({
        index: z.number().default(0),
        delta: z
          .looseObject({
            content: z.string().nullish(),
            refusal: z.string().nullish(),
            /** Of servers that show the model's reasoning; counted as progress only. */
            reasoning_content: z.string().nullish(),
            tool_calls: z
              .array(
                z.looseObject({
                  index: z.number().default(0),
                  id: z.string().nullish(),
                  function: z.looseObject({ name: z.string().nullish(), arguments: z.string().nullish() }).nullish(),
                }),
              )
              .nullish(),
          })
          .nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .default([]),
  usage: z.unknown().optional(),
});
type CallDelta = NonNullable<NonNullable<z.infer<typeof Chunk>['choices'][number]['delta']>['tool_calls']>[number];

interface PartialCall {
  readonly index: number;
  id: string;
  name: string;
  arguments: string;
}

interface Assembly {
  text: string;
  refusal: string;
  readonly calls: PartialCall[];
  finish: string | null;
  usage: ReturnType<typeof usageOfChat>;
  characters: number;
}

const newAssembly = (): Assembly => ({ text: '', refusal: '', calls: [], finish: null, usage: null, characters: 0 });

/** Adds one chunk; what is no chunk is passed over. */
function assemble(assembly: Assembly, raw: unknown): void {
  const { success, data: chunk } = Chunk.safeParse(raw);
  if (!success) return;
  assembly.usage = usageOfChat(chunk.usage) ?? assembly.usage;
  const choice = chunk.choices.find(({ index }) => index === 0);
  if (choice === undefined) return;
  const { content, refusal, reasoning_content, tool_calls } = choice.delta ?? {};
  assembly.text += content ?? '';
  assembly.refusal += refusal ?? '';
  for (const delta of tool_calls ?? []) addToCall(assembly.calls, delta);
  assembly.finish = choice.finish_reason ?? assembly.finish;
  const inCalls = (tool_calls ?? []).reduce((sum, call) => sum + (call.function?.arguments?.length ?? 0), 0);
  assembly.characters += (content?.length ?? 0) + (refusal?.length ?? 0) + (reasoning_content?.length ?? 0) + inCalls;
}

/** Some servers give every call of a turn the index 0: another id is another call. */
function addToCall(calls: PartialCall[], delta: CallDelta): void {
  const id = delta.id ?? '';
  const known = calls.findLast((call) => call.index === delta.index);
  const call = known !== undefined && (id === '' || known.id === '' || known.id === id) ? known : null;
  const added = { name: delta.function?.name ?? '', arguments: delta.function?.arguments ?? '' };
  if (call === null) {
    calls.push({ index: delta.index, id, ...added });
    return;
  }
  call.id ||= id;
  call.name ||= added.name;
  call.arguments += added.arguments;
}

function outcomeOf({ text, refusal, calls, finish, usage }: Assembly, endpoint: Endpoint): ModelOutcome {
  if (finish === 'length' || finish === 'content_filter') return failed(incompleteFailure(finish, endpoint, usage));
  const items: ModelItem[] = [
    ...(text === '' ? [] : [{ type: 'message' as const, role: 'assistant' as const, text }]),
    ...(refusal === '' ? [] : [{ type: 'refusal' as const, text: refusal }]),
    // Old servers give no ids; an answer has to name its call all the same.
    ...calls.map((call) => ({
      type: 'call' as const,
      call: call.id || `call_${randomUUID()}`,
      name: call.name,
      arguments: call.arguments,
    })),
  ];
  return { kind: 'completed', items, usage, responseId: null };
}
