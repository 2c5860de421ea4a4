import type { MessageCreateParamsStreaming } from '@anthropic-ai/sdk/resources/messages';
import { z } from 'zod';
import { fails, type Rejection } from '../openai/reply.ts';
import type { Asked, Entry } from '../openai/script.ts';
import { signed } from './messages-events.ts';

const CachePoint = z.strictObject({ type: z.literal('ephemeral') }).optional();
const Name = z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/);
const Id = z.string().regex(/^[a-zA-Z0-9_-]+$/);
/** "text content blocks must contain non-whitespace text" */
const Text = z.string().regex(/\S/, 'text content blocks must contain non-whitespace text');

const Block = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: Text, cache_control: CachePoint }),
  z.strictObject({
    type: z.literal('image'),
    source: z.strictObject({
      type: z.literal('base64'),
      media_type: z.enum(['image/jpeg', 'image/png', 'image/gif', 'image/webp']),
      data: z.base64(),
    }),
  }),
  z.strictObject({ type: z.literal('tool_use'), id: Id, name: Name, input: z.record(z.string(), z.unknown()) }),
  z.strictObject({ type: z.literal('tool_result'), tool_use_id: Id, content: z.string(), cache_control: CachePoint }),
  z.strictObject({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() }),
  z.strictObject({ type: z.literal('redacted_thinking'), data: z.string() }),
]);
type Block = z.infer<typeof Block>;
const Message = z.strictObject({ role: z.enum(['user', 'assistant']), content: z.array(Block).min(1) });
type Message = z.infer<typeof Message>;

const Tool = z.strictObject({
  name: Name,
  description: z.string().optional(),
  input_schema: z.looseObject({ type: z.literal('object') }),
  cache_control: CachePoint,
});

/** Those parameters that we send; the names are the SDK's, or this does not compile. */
const Body = z.strictObject({
  model: z.string().min(1),
  max_tokens: z.int().positive(),
  stream: z.literal(true, 'this fake only streams'),
  system: z.array(z.strictObject({ type: z.literal('text'), text: Text, cache_control: CachePoint })).optional(),
  messages: z.array(Message).min(1),
  tools: z.array(Tool).optional(),
  thinking: z.looseObject({ type: z.enum(['enabled', 'disabled', 'adaptive']) }).optional(),
  output_config: z.looseObject({ effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']) }).optional(),
} satisfies Partial<Record<keyof MessageCreateParamsStreaming, z.ZodType>>);

const refuse = (message: string): Rejection => fails(400, { message, type: 'invalid_request_error' });

/** The API takes four cache points at most. */
const mostCachePoints = 4;

/** Checks a request as the API would: its schema, the order of roles, that each call is answered at once, and that thinking comes back as it was. */
export function checkMessagesRequest(wire: unknown): { asked: Omit<Asked, 'headers'> } | Rejection {
  const parsed = Body.safeParse(wire);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return refuse(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`);
  }
  const { model, messages, system = [], tools = [] } = parsed.data;
  const points = JSON.stringify(wire).split('"cache_control"').length - 1;
  if (points > mostCachePoints)
    return refuse(`A maximum of 4 blocks with cache_control may be provided. Found ${points}.`);
  const wrong = contextComplaint(messages);
  if (wrong !== null) return refuse(wrong);
  return {
    asked: {
      api: 'anthropic',
      model,
      instructions: system.map(({ text }) => text).join('\n'),
      entries: messages.flatMap(({ role, content }) => content.flatMap((block) => entryOf(role, block))),
      tools: tools.map(({ name }) => name),
      // safe: a body that passed the schema is an object
      body: wire as Record<string, unknown>,
    },
  };
}

function contextComplaint(messages: readonly Message[]): string | null {
  let open: readonly string[] = [];
  for (const [index, { role, content }] of messages.entries()) {
    if (role !== (index % 2 === 0 ? 'user' : 'assistant')) return `messages.${index}: roles must alternate`;
    const answered = content.flatMap((block) => (block.type === 'tool_result' ? [block.tool_use_id] : []));
    const missing = open.filter((id) => !answered.includes(id));
    if (missing.length > 0)
      return `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(', ')}`;
    if (answered.some((id) => !open.includes(id))) return `messages.${index}: unexpected \`tool_use_id\` found`;
    open = content.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []));
    if (new Set(open).size < open.length) return `messages.${index}: \`tool_use\` ids must be unique`;
    const thinking = content.findIndex(({ type }) => type === 'thinking');
    if (thinking > 0) return `messages.${index}.content.${thinking}: thinking blocks come first`;
    const altered = content.some((block) => block.type === 'thinking' && block.signature !== signed(block.thinking));
    if (altered) return `messages.${index}: Invalid \`signature\` in \`thinking\` block`;
  }
  return open.length > 0 ? 'the last `tool_use` has no `tool_result`' : null;
}

function entryOf(role: Message['role'], block: Block): Entry[] {
  switch (block.type) {
    case 'text':
      return [{ by: role === 'user' ? 'user' : 'model', text: block.text, call: null }];
    case 'tool_use':
      return [{ by: 'call', text: JSON.stringify(block.input), call: block.id }];
    case 'tool_result':
      return [{ by: 'output', text: block.content, call: block.tool_use_id }];
    case 'image':
    case 'thinking':
    case 'redacted_thinking':
      return [];
  }
}
