import type { ChatCompletionCreateParamsStreaming } from 'openai/resources/chat/completions';
import { z } from 'zod';
import { ImageAddress } from './image-address.ts';
import { complaintOf, invalid } from './complaint.ts';
import type { Rejection } from './reply.ts';
import type { Asked, Entry } from './script.ts';
import { strictModeComplaint } from './strict-schema.ts';

const Name = z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/);
const Part = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: z.string() }),
  z.strictObject({
    type: z.literal('image_url'),
    image_url: z.strictObject({ url: ImageAddress, detail: z.enum(['auto', 'low', 'high']).optional() }),
  }),
]);
const Message = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('system'), content: z.string() }),
  z.strictObject({ role: z.literal('developer'), content: z.string() }),
  z.strictObject({ role: z.literal('user'), content: z.union([z.string(), z.array(Part).min(1)]) }),
  z.strictObject({
    role: z.literal('assistant'),
    content: z.string().nullish(),
    refusal: z.string().nullish(),
    tool_calls: z
      .array(
        z.strictObject({
          id: z.string().min(1),
          type: z.literal('function'),
          function: z.strictObject({ name: Name, arguments: z.string() }),
        }),
      )
      .min(1)
      .optional(),
  }),
  z.strictObject({ role: z.literal('tool'), tool_call_id: z.string().min(1), content: z.string() }),
]);
type Message = z.infer<typeof Message>;

const Tool = z.strictObject({
  type: z.literal('function'),
  function: z.strictObject({
    name: Name,
    description: z.string().optional(),
    parameters: z.record(z.string(), z.unknown()),
    strict: z.literal(true).optional(),
  }),
});

const some = z.record(z.string(), z.unknown());

/** Every parameter that the API has, by the SDK's own types: one that is missing or invented here does not compile. */
const Body = z.strictObject({
  model: z.string().min(1),
  messages: z.array(Message).min(1),
  tools: z.array(Tool).min(1).max(128).optional(),
  stream: z.literal(true, 'this fake only streams'),
  stream_options: z
    .strictObject({ include_usage: z.boolean().optional(), include_obfuscation: z.boolean().optional() })
    .nullish(),
  parallel_tool_calls: z.boolean().optional(),
  reasoning_effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullish(),
  tool_choice: z.union([z.enum(['none', 'auto', 'required']), some]).optional(),
  audio: some.nullish(),
  frequency_penalty: z.number().nullish(),
  function_call: z.undefined('deprecated in favour of tools').optional(),
  functions: z.undefined('deprecated in favour of tools').optional(),
  logit_bias: z.record(z.string(), z.number()).nullish(),
  logprobs: z.boolean().nullish(),
  max_completion_tokens: z.int().positive().nullish(),
  max_tokens: z.int().positive().nullish(),
  metadata: z.record(z.string().max(64), z.string().max(512)).nullish(),
  modalities: z.array(z.enum(['text', 'audio'])).nullish(),
  moderation: some.nullish(),
  n: z.literal(1).nullish(),
  prediction: some.nullish(),
  presence_penalty: z.number().nullish(),
  prompt_cache_key: z.string().nullish(),
  prompt_cache_options: some.optional(),
  prompt_cache_retention: z.enum(['in_memory', '24h']).nullish(),
  response_format: some.optional(),
  safety_identifier: z.string().nullish(),
  seed: z.int().nullish(),
  service_tier: z.enum(['auto', 'default', 'flex', 'scale', 'priority', 'fast']).nullish(),
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
  store: z.boolean().nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  user: z.string().optional(),
  verbosity: z.enum(['low', 'medium', 'high']).nullish(),
  web_search_options: some.optional(),
} satisfies Record<keyof ChatCompletionCreateParamsStreaming, z.ZodType>);
type Body = z.infer<typeof Body>;

/** Checks a request as the API would: its schema, its tools' strict mode, and that each turn's calls are answered at once. */
export function checkChatRequest(wire: unknown): { body: Body; asked: Omit<Asked, 'headers'> } | Rejection {
  const parsed = Body.safeParse(wire);
  if (!parsed.success) return complaintOf(parsed.error);
  const body = parsed.data;
  const wrong = toolsComplaint(body) ?? contextComplaint(body.messages);
  if (wrong !== null) return wrong;
  const instructions = body.messages.filter((message) => message.role === 'system' || message.role === 'developer');
  const asked = {
    api: 'chat' as const,
    model: body.model,
    instructions: instructions.map(({ content }) => content).join('\n'),
    entries: body.messages.flatMap(entriesOf),
    tools: (body.tools ?? []).map((tool) => tool.function.name),
    // safe: a body that passed the schema is an object
    body: wire as Record<string, unknown>,
  };
  return { body, asked };
}

function toolsComplaint({ tools, parallel_tool_calls, tool_choice }: Body): Rejection | null {
  if (tools === undefined) {
    const alone =
      parallel_tool_calls === undefined ? (tool_choice === undefined ? null : 'tool_choice') : 'parallel_tool_calls';
    return alone === null ? null : invalid(`'${alone}' is only allowed when 'tools' are specified.`, alone);
  }
  for (const [index, tool] of tools.entries()) {
    const wrong = strictModeComplaint(tool.function.parameters);
    if (wrong !== null) {
      const message = `Invalid schema for function '${tool.function.name}': ${wrong}`;
      return invalid(message, `tools[${index}].function.parameters`, 'invalid_function_parameters');
    }
  }
  return null;
}

function contextComplaint(messages: readonly Message[]): Rejection | null {
  let open = new Set<string>();
  for (const [index, message] of messages.entries()) {
    if (message.role === 'tool') {
      if (open.delete(message.tool_call_id)) continue;
      return invalid(
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
        `messages.[${index}].role`,
      );
    }
    if (open.size > 0) return unanswered(open, index);
    if (message.role === 'assistant') {
      open = new Set((message.tool_calls ?? []).map(({ id }) => id));
      if (open.size !== (message.tool_calls ?? []).length)
        return invalid('Duplicate tool_call id.', `messages.[${index}]`);
      if (open.size === 0 && typeof message.content !== 'string' && typeof message.refusal !== 'string') {
        return invalid("Invalid value for 'content': expected a string, got null.", `messages.[${index}].content`);
      }
    }
  }
  return open.size > 0 ? unanswered(open, messages.length) : null;
}

const unanswered = (open: ReadonlySet<string>, index: number): Rejection =>
  invalid(
    `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...open].join(', ')}`,
    `messages.[${index}].role`,
  );

function entriesOf(message: Message): Entry[] {
  switch (message.role) {
    case 'system':
    case 'developer':
      return [];
    case 'user':
      return [{ by: 'user', text: textIn(message.content), call: null }];
    case 'tool':
      return [{ by: 'output', text: message.content, call: message.tool_call_id }];
    case 'assistant': {
      const text = message.content ?? message.refusal ?? '';
      return [
        ...(text === '' ? [] : [{ by: 'model' as const, text, call: null }]),
        ...(message.tool_calls ?? []).map((call): Entry => ({
          by: 'call',
          text: call.function.arguments,
          call: call.id,
        })),
      ];
    }
  }
}

const textIn = (content: string | readonly z.infer<typeof Part>[]): string =>
  typeof content === 'string' ? content : content.map((part) => (part.type === 'text' ? part.text : '')).join('');
