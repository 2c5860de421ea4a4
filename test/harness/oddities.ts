import {
  calls,
  type Answer,
  incomplete,
  reasons,
  refuses,
  says,
  scripted,
  startFakeOpenAi,
  together,
  withAliens,
} from '../fakes/openai/index.ts';

export type Api = 'responses' | 'chat' | 'anthropic';
type Json = Record<string, unknown>;
type Frame = Json | '[DONE]';

/** An answer as bytes. `after: 'cut'` destroys the connection after them, `'hang'` leaves it open. */
export interface Wire {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly pieces: readonly (string | Buffer)[];
  readonly after: 'end' | 'cut' | 'hang';
}

/** What an endpoint may do. Null: that API has no such thing. */
export interface Oddity {
  readonly what: string;
  readonly wire: (api: Api) => Promise<Wire> | Wire | null;
}

/** The call that a valid answer makes. */
export const theCall = { command: 'ls -l "caf\u00e9"', seconds: null } as const;

const paths = { responses: '/responses', chat: '/chat/completions', anthropic: '/messages' } as const;
const bodies: Readonly<Record<Api, Json>> = {
  responses: { model: 'scripted', input: [{ role: 'user', content: 'Go.' }], stream: true, store: false },
  chat: {
    model: 'scripted',
    messages: [{ role: 'user', content: 'Go.' }],
    stream: true,
    stream_options: { include_usage: true },
  },
  anthropic: {
    model: 'scripted',
    max_tokens: 1_000,
    messages: [{ role: 'user', content: [{ type: 'text', text: 'Go.' }] }],
    stream: true,
  },
};

/** The frames of a valid answer, as the fake has them. */
const framesOf = async (api: Api, answer: Answer): Promise<readonly Frame[]> => {
  await using fake = await startFakeOpenAi({ script: scripted([answer]) });
  const response = await fetch(`${fake.url}${paths[api]}`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk-fake', 'content-type': 'application/json' },
    body: JSON.stringify(bodies[api]),
  });
  return [...(await response.text()).matchAll(/^data: (.*)$/gm)].map(([, data = '']) =>
    // safe: the fake sends objects
    data === '[DONE]' ? data : (JSON.parse(data) as Json),
  );
};

const valid = together(says('I look.'), calls('bash', theCall));
const events = { 'content-type': 'text/event-stream' };

const text = (frame: Frame): string => `data: ${typeof frame === 'string' ? frame : JSON.stringify(frame)}\n\n`;
const stream = (frames: readonly Frame[], after: Wire['after'] = 'end'): Wire => ({
  status: 200,
  headers: events,
  pieces: [frames.map(text).join('')],
  after,
});

/** The valid answer, with its frames changed. */
const changed =
  (change: (frames: readonly Frame[], api: Api) => readonly Frame[], answer: Answer = valid) =>
  async (api: Api): Promise<Wire> =>
    stream(change(await framesOf(api, answer), api));

/** The valid answer, with its bytes changed. */
const sent =
  (change: (bytes: string) => Partial<Wire>) =>
  async (api: Api): Promise<Wire> => {
    const whole = stream(await framesOf(api, valid));
    return { ...whole, ...change(whole.pieces.join('')) };
  };

/** Every object at any depth of every frame, changed. */
const everywhere = (change: (bag: Json) => Json): ((frames: readonly Frame[]) => readonly Frame[]) => {
  const into = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(into);
    if (typeof value !== 'object' || value === null) return value;
    return change(Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, into(inner)])));
  };
  // safe: what an object becomes is one
  return (frames) => frames.map((frame) => (typeof frame === 'string' ? frame : (into(frame) as Json)));
};

const without = (...names: readonly string[]) =>
  everywhere((bag) => Object.fromEntries(Object.entries(bag).filter(([name]) => !names.includes(name))));

const says_ = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Wire => ({
  status,
  headers: { 'content-type': typeof body === 'string' ? 'text/html' : 'application/json', ...headers },
  pieces: [typeof body === 'string' ? body : JSON.stringify(body)],
  after: 'end',
});

/** An error in the words and the shape of the API's vendor. */
const refusal =
  (
    status: number,
    message: string,
    { code = null, ...headers }: { code?: string | null } & Record<string, unknown> = {},
  ) =>
  (api: Api): Wire =>
    says_(
      status,
      api === 'anthropic'
        ? { type: 'error', error: { type: code ?? 'invalid_request_error', message } }
        : { error: { message, type: 'invalid_request_error', param: null, code } },
      headers as Record<string, string>, // safe: the rest are headers
    );

/** All of an answer in one document, from a server that does not stream. */
const whole = async (api: Api): Promise<Wire> => {
  const frames = await framesOf(api, valid);
  const args = JSON.stringify(theCall);
  const documents: Readonly<Record<Api, unknown>> = {
    responses: frames.flatMap((frame) =>
      typeof frame !== 'string' && frame['type'] === 'response.completed' ? [frame['response']] : [],
    )[0],
    chat: {
      object: 'chat.completion',
      choices: [
        {
          index: 0,
          finish_reason: 'tool_calls',
          message: {
            role: 'assistant',
            content: 'I look.',
            tool_calls: [{ id: 'a', type: 'function', function: { name: 'bash', arguments: args } }],
          },
        },
      ],
      usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
    },
    anthropic: {
      type: 'message',
      role: 'assistant',
      content: [
        { type: 'text', text: 'I look.' },
        { type: 'tool_use', id: 'a', name: 'bash', input: theCall },
      ],
      stop_reason: 'tool_use',
      usage: { input_tokens: 1, output_tokens: 1 },
    },
  };
  return says_(200, documents[api]);
};

const lastOf: Readonly<Record<Api, (frame: Frame) => boolean>> = {
  responses: (frame) => typeof frame !== 'string' && frame['type'] === 'response.completed',
  chat: (frame) => frame === '[DONE]',
  anthropic: (frame) => typeof frame !== 'string' && frame['type'] === 'message_stop',
};

/** Reasoning as chat endpoints other than OpenAI's give it. */
const thinksAloud = async (api: Api): Promise<Wire> => {
  const frames = await framesOf(api, together(reasons('Hm.'), valid));
  const aloud = { object: 'chat.completion.chunk', choices: [{ index: 0, delta: { reasoning_content: 'Hm.' } }] };
  return stream(api === 'chat' ? [aloud, ...frames] : frames);
};

const errorEvent: Readonly<Record<Api, Json>> = {
  responses: { type: 'error', code: 'server_error', message: 'The server had an error.' },
  chat: { error: { message: 'The server had an error.', type: 'server_error', code: null } },
  anthropic: { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
};

const tooLong = {
  responses: 'Your input exceeds the context window of this model.',
  chat: "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
  anthropic: 'prompt is too long: 210000 tokens > 200000 maximum',
} as const;

/** In the order in which the documentation has them. */
export const oddities: readonly Oddity[] = [
  { what: 'answers as its documentation says', wire: changed((frames) => frames) },
  {
    what: 'sends comments (`: ping`) to keep the connection',
    wire: sent((bytes) => ({ pieces: [bytes.replaceAll('\n\n', '\n\n: ping\n\n')] })),
  },
  { what: 'ends lines with CR LF', wire: sent((bytes) => ({ pieces: [bytes.replaceAll('\n', '\r\n')] })) },
  {
    what: 'sends one byte at a time',
    wire: sent((bytes) => ({ pieces: [...Buffer.from(bytes)].map((byte) => Buffer.from([byte])) })),
  },
  { what: 'calls its stream `text/plain`', wire: sent(() => ({ headers: { 'content-type': 'text/plain' } })) },
  { what: 'answers with one JSON document and no stream', wire: whole },
  {
    what: 'ends without its last event',
    wire: changed((frames, api) => frames.filter((frame) => !lastOf[api](frame))),
  },
  { what: 'tells no usage', wire: changed(without('usage')) },
  {
    what: 'gives calls no id',
    wire: changed(
      everywhere((bag) =>
        'call_id' in bag
          ? { ...bag, call_id: null }
          : 'function' in bag || bag['type'] === 'tool_use'
            ? { ...bag, id: null }
            : bag,
      ),
    ),
  },
  { what: 'gives pieces no index', wire: changed(without('index', 'output_index', 'content_index')) },
  { what: 'gives arguments as an object', wire: changed(objectArguments) },
  { what: 'sends fields and events that nobody knows', wire: changed((frames) => frames, withAliens(valid)) },
  { what: 'sends an event that is no JSON', wire: sent((bytes) => ({ pieces: ['data: {"half": \n\n', bytes] })) },
  { what: 'thinks aloud', wire: thinksAloud },
  { what: 'says nothing at all in an answer', wire: changed((frames) => frames, says('')) },
  {
    what: 'declines',
    wire: (api) =>
      api === 'anthropic' ? declinedByAnthropic() : changed((frames) => frames, refuses('I will not.'))(api),
  },
  { what: 'stops at its output limit', wire: changed((frames) => frames, incomplete('max_output_tokens')) },
  {
    what: 'is stopped by a content filter',
    wire: (api) => (api === 'anthropic' ? null : changed((frames) => frames, incomplete('content_filter'))(api)),
  },
  {
    what: 'cuts the connection in the middle',
    wire: async (api) => stream((await framesOf(api, valid)).slice(0, 4), 'cut'),
  },
  { what: 'falls silent in the middle', wire: async (api) => stream((await framesOf(api, valid)).slice(0, 3), 'hang') },
  {
    what: 'has an error in the middle of its stream',
    wire: async (api) => stream([...(await framesOf(api, valid)).slice(0, 3), errorEvent[api]]),
  },
  {
    what: 'has an error in a document with status 200',
    wire: (api) => refusal(200, 'The upstream failed.', { code: 'server_error' })(api),
  },
  { what: 'answers with a web page and status 200', wire: () => says_(200, '<!doctype html><title>Sign in</title>') },
  {
    what: 'refuses `strict` by name (400)',
    wire: (api) => (api === 'anthropic' ? null : refusal(400, "Unknown parameter: 'tools[0].strict'.")(api)),
  },
  {
    what: 'refuses `stream_options` by name (400)',
    wire: (api) => (api === 'chat' ? refusal(400, 'stream_options: Extra inputs are not permitted')(api) : null),
  },
  {
    what: 'refuses how much to think by name (400)',
    wire: (api) =>
      refusal(
        400,
        api === 'responses'
          ? "Unsupported parameter: 'reasoning.effort'"
          : api === 'chat'
            ? "Unknown parameter: 'reasoning_effort'"
            : 'output_config: Extra inputs are not permitted',
      )(api),
  },
  { what: 'refuses the request for another reason (400)', wire: refusal(400, 'Bad request.') },
  { what: 'says that the context is too long (400)', wire: (api) => refusal(400, tooLong[api])(api) },
  {
    what: 'has a proxy that takes no body so large (413)',
    wire: () => says_(413, '<h1>413 Request Entity Too Large</h1>'),
  },
  { what: 'refuses the key (401)', wire: refusal(401, 'Incorrect API key provided.', { code: 'invalid_api_key' }) },
  {
    what: 'does not know the model (404)',
    wire: refusal(404, 'The model does not exist.', { code: 'model_not_found' }),
  },
  { what: 'has no credit left (402)', wire: refusal(402, 'Insufficient credits.') },
  {
    what: 'limits the rate, and says for how long (429, `Retry-After`)',
    wire: (api) => refusal(429, 'Slow down.', { code: 'rate_limit_exceeded', 'retry-after': '7' })(api),
  },
  { what: 'is overloaded (503, 529)', wire: (api) => refusal(api === 'anthropic' ? 529 : 503, 'Overloaded')(api) },
];

/** A whole call at once, its arguments not as text. */
function objectArguments(frames: readonly Frame[], api: Api): readonly Frame[] {
  const whole = everywhere((bag) =>
    'arguments' in bag && bag['arguments'] !== '' && api === 'responses' ? { ...bag, arguments: theCall } : bag,
  )(frames);
  if (api === 'responses') return whole;
  if (api === 'chat') {
    const call = { index: 0, id: 'a', type: 'function', function: { name: 'bash', arguments: theCall } };
    const rest = frames.filter((frame) => !JSON.stringify(frame).includes('"tool_calls":['));
    return [
      rest[0] ?? '[DONE]',
      { object: 'chat.completion.chunk', choices: [{ index: 0, delta: { tool_calls: [call] } }] },
      ...rest.slice(1),
    ];
  }
  return frames.flatMap((frame): readonly Frame[] => {
    if (typeof frame === 'string' || JSON.stringify(frame).includes('input_json_delta')) return [];
    const block = frame['content_block'];
    const isCall = typeof block === 'object' && block !== null && 'type' in block && block.type === 'tool_use';
    return [isCall ? { ...frame, content_block: { ...block, input: theCall } } : frame];
  });
}

async function declinedByAnthropic(): Promise<Wire> {
  const frames = await framesOf('anthropic', says('I will not.'));
  return stream(
    everywhere((bag) =>
      'stop_reason' in bag && bag['stop_reason'] !== null ? { ...bag, stop_reason: 'refusal' } : bag,
    )(frames),
  );
}
