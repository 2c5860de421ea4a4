import type { FunctionTool, ResponseCreateParamsStreaming } from 'openai/resources/responses/responses';
import { z } from 'zod';
import { ImageAddress } from './image-address.ts';
import { complaintOf, invalid } from './complaint.ts';
import type { Rejection } from './reply.ts';
import type { Asked, Entry } from './script.ts';
import { strictModeComplaint } from './strict-schema.ts';

const Role = z.enum(['user', 'assistant', 'system', 'developer']);
const Part = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('input_text'), text: z.string() }),
  z.strictObject({ type: z.literal('output_text'), text: z.string() }),
  z.strictObject({
    type: z.literal('input_image'),
    image_url: ImageAddress,
    detail: z.enum(['auto', 'low', 'high']).optional(),
  }),
]);
const Message = z.strictObject({
  type: z.literal('message').optional(),
  role: Role,
  content: z.union([z.string(), z.array(Part)]),
  phase: z.enum(['commentary', 'final_answer']).nullish(),
});
const Reasoning = z.strictObject({
  type: z.literal('reasoning'),
  id: z.string(),
  summary: z.array(z.strictObject({ type: z.literal('summary_text'), text: z.string() })),
  content: z.array(z.strictObject({ type: z.literal('reasoning_text'), text: z.string() })).optional(),
  encrypted_content: z.string().nullish(),
  status: z.enum(['in_progress', 'completed', 'incomplete']).optional(),
});
const Call = z.strictObject({
  type: z.literal('function_call'),
  call_id: z.string().min(1).max(64),
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
  arguments: z.string(),
  id: z.string().optional(),
  status: z.enum(['in_progress', 'completed', 'incomplete']).optional(),
});
const Output = z.strictObject({
  type: z.literal('function_call_output'),
  call_id: z.string().min(1).max(64),
  output: z.string(),
  id: z.string().nullish(),
  status: z.enum(['in_progress', 'completed', 'incomplete']).nullish(),
});
const Item = z.union([Reasoning, Call, Output, Message]);
type Item = z.infer<typeof Item>;

const Tool = z.strictObject({
  type: z.literal('function'),
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
  description: z.string().nullish(),
  parameters: z.record(z.string(), z.unknown()).nullable(),
  strict: z.literal(true).optional(),
  allowed_callers: z.undefined().optional(),
  async: z.undefined().optional(),
  defer_loading: z.undefined().optional(),
  output_schema: z.undefined().optional(),
} satisfies Record<keyof FunctionTool, z.ZodType>);

const some = z.record(z.string(), z.unknown());

/** Every parameter that the API has, by the SDK's own types: one that is missing or invented here does not compile. */
const Body = z.strictObject({
  model: z.string().min(1),
  instructions: z.string().nullish(),
  input: z.union([z.string(), z.array(Item).min(1)]),
  tools: z.array(Tool).max(128).optional(),
  stream: z.literal(true, 'this fake only streams'),
  store: z.boolean().nullish(),
  background: z.boolean().nullish(),
  include: z.array(z.literal('reasoning.encrypted_content')).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  reasoning: z
    .strictObject({
      effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullish(),
      summary: z.enum(['auto', 'concise', 'detailed']).nullish(),
    })
    .nullish(),
  access_programs: some.optional(),
  context_management: z
    .array(z.strictObject({ type: z.literal('compaction'), compact_threshold: z.int().nullish() }))
    .nullish(),
  conversation: z.union([z.string(), some]).nullish(),
  image: some.optional(),
  max_output_tokens: z.int().min(16).nullish(),
  max_tool_calls: z.int().positive().nullish(),
  metadata: z.record(z.string().max(64), z.string().max(512)).nullish(),
  moderation: some.nullish(),
  previous_response_id: z.null('this fake keeps no conversations').optional(),
  prompt: some.nullish(),
  prompt_cache_key: z.string().max(64).nullish(),
  prompt_cache_options: some.optional(),
  prompt_cache_retention: z.enum(['in_memory', '24h']).nullish(),
  safety_identifier: z.string().max(64).nullish(),
  service_tier: z.enum(['auto', 'default', 'flex', 'scale', 'priority', 'fast']).nullish(),
  stream_options: z.strictObject({ include_obfuscation: z.boolean().optional() }).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  text: some.optional(),
  tool_choice: z.union([z.enum(['none', 'auto', 'required']), some]).optional(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  truncation: z.enum(['auto', 'disabled']).nullish(),
  user: z.string().optional(),
} satisfies Record<keyof ResponseCreateParamsStreaming, z.ZodType>);
type Body = z.infer<typeof Body>;

/** Checks a request as the API would: its schema, its tools' strict mode, and that the context is one the model can have seen. */
export function checkResponsesRequest(wire: unknown): { body: Body; asked: Omit<Asked, 'headers'> } | Rejection {
  const parsed = Body.safeParse(wire);
  if (!parsed.success) return complaintOf(parsed.error);
  const body = parsed.data;
  if (body.background === true && body.store !== true) {
    return invalid("Background mode requires 'store' to be true.", 'background');
  }
  const items = typeof body.input === 'string' ? [] : body.input;
  const wrong = toolsComplaint(body) ?? contextComplaint(items) ?? reasoningComplaint(items, body);
  if (wrong !== null) return wrong;
  const asked = {
    api: 'responses' as const,
    model: body.model,
    instructions: body.instructions ?? '',
    entries: typeof body.input === 'string' ? [user(body.input)] : body.input.map(entryOf),
    tools: (body.tools ?? []).map(({ name }) => name),
    // safe: a body that passed the schema is an object
    body: wire as Record<string, unknown>,
  };
  return { body, asked };
}

function toolsComplaint({ tools = [] }: Body): Rejection | null {
  for (const [index, { name, parameters }] of tools.entries()) {
    const wrong = strictModeComplaint(parameters);
    if (wrong !== null) {
      const message = `Invalid schema for function '${name}': ${wrong}`;
      return invalid(message, `tools[${index}].parameters`, 'invalid_function_parameters');
    }
    if (tools.findIndex((tool) => tool.name === name) !== index) {
      return invalid(`Duplicate tool name '${name}'.`, `tools[${index}].name`);
    }
  }
  return null;
}

/** Every output answers one earlier call, and every call has its output. */
function contextComplaint(items: readonly Item[]): Rejection | null {
  const open = new Set<string>();
  const known = new Set<string>();
  for (const [index, item] of items.entries()) {
    if (item.type === 'function_call') {
      if (known.has(item.call_id)) return invalid(`Duplicate function call ${item.call_id}.`, `input[${index}]`);
      known.add(item.call_id);
      open.add(item.call_id);
    }
    if (item.type === 'function_call_output' && !open.delete(item.call_id)) {
      const message = known.has(item.call_id)
        ? `Duplicate function call output with call_id ${item.call_id}.`
        : `No tool call found for function call output with call_id ${item.call_id}.`;
      return invalid(message, 'input');
    }
  }
  const [unanswered] = open;
  return unanswered === undefined ? null : invalid(`No tool output found for function call ${unanswered}.`, 'input');
}

/** Reasoning comes back as it left, and before what it led to. */
function reasoningComplaint(items: readonly Item[], { store }: Body): Rejection | null {
  for (const [index, item] of items.entries()) {
    if (item.type !== 'reasoning') continue;
    const { id, encrypted_content } = item;
    if (encrypted_content === undefined || encrypted_content === null) {
      if (store === true) continue;
      const message = `Item with id '${id}' not found. Items are not persisted when \`store\` is set to false.`;
      return { ...invalid(message, 'input'), status: 404 };
    }
    if (encrypted_content !== sealed(id, item.summary.map(({ text }) => text).join('\n\n'))) {
      return invalid(
        `The encrypted content of item ${id} could not be verified.`,
        'input',
        'invalid_encrypted_content',
      );
    }
    const next = items[index + 1];
    const own = next !== undefined && entryOf(next).by !== 'user' && next.type !== 'function_call_output';
    if (!own) {
      const message = `Item '${id}' of type 'reasoning' was provided without its required following item.`;
      return invalid(message, 'input');
    }
  }
  return null;
}

/** The fake's encryption: enough to find out whether id and summary came back untouched. */
export const sealed = (id: string, summary: string): string =>
  Buffer.from(JSON.stringify([id, summary])).toString('base64url');

const user = (text: string): Entry => ({ by: 'user', text, call: null });

function entryOf(item: Item): Entry {
  switch (item.type) {
    case 'reasoning':
      return { by: 'model', text: item.summary.map(({ text }) => text).join('\n\n'), call: null };
    case 'function_call':
      return { by: 'call', text: item.arguments, call: item.call_id };
    case 'function_call_output':
      return { by: 'output', text: item.output, call: item.call_id };
    case 'message':
    case undefined: {
      const text =
        typeof item.content === 'string'
          ? item.content
          : item.content.map((part) => (part.type === 'input_image' ? '' : part.text)).join('');
      return { by: item.role === 'assistant' ? 'model' : 'user', text, call: null };
    }
  }
}
