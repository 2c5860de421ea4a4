import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { anthropicModel } from '../../runner/worker/models/anthropic.ts';
import { chatCompletionsModel } from '../../runner/worker/models/chat-completions.ts';
import type { Model, ModelOutcome } from '../../runner/worker/models/model.ts';
import { responsesModel } from '../../runner/worker/models/responses.ts';
import { calls, reasons, says, scripted, startFakeOpenAi, together, type Answer } from '../fakes/openai/index.ts';
import { ask, user } from '../suites/model.ts';
import { freshSeed, mutate, type MutatedStream } from './stream-mutations.ts';

/** Streams for each adapter. */
const total = Number(process.env['STREAMS'] ?? 20_000);
const atOnce = 50;
const firstSeed = Number(process.env['SEED'] ?? freshSeed());

const answers: readonly Answer[] = [
  says('A short answer, with ünicode — and “quotes”.'),
  together(says('I look first.'), calls('bash', { command: 'ls -la "a b"', seconds: null })),
  together(
    calls('bash', { command: 'git status --short', seconds: 5 }),
    calls('bash', { command: 'cat src/größe.ts', seconds: null }),
    calls('bash', { command: '', seconds: 0 }),
  ),
  together(reasons('The test looks wrong.'), calls('bash', { command: 'npm test', seconds: 60 })),
];

/** What a valid answer looks like on the wire, frame by frame: recorded from the fake. */
const framesOf = async (answer: Answer, path: string, body: object): Promise<readonly string[]> => {
  await using fake = await startFakeOpenAi({ script: scripted([answer]) });
  const response = await fetch(`${fake.url}${path}`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk-fake', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return [...(await response.text()).matchAll(/^data: (.*)$/gm)].map((match) => match[1] ?? '');
};

/** Answers each request with the stream that its model's name counts. */
const startMutants = async (streamFor: (number: number) => MutatedStream) => {
  const server = createServer((request, response) => {
    const [, number] = /idempotent-(\d+)/.exec(String(request.headers['idempotency-key'])) ?? [];
    request.resume();
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const piece of streamFor(Number(number)).bytes) response.write(piece);
      response.end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  // safe: a server that listens on TCP has such an address
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await server[Symbol.asyncDispose]();
    },
  };
};

/** What was said, without what is drawn by lot. */
const saidIn = (outcome: ModelOutcome) =>
  outcome.kind === 'completed'
    ? outcome.items.map((item) =>
        item.type === 'call' ? { name: item.name, arguments: item.arguments } : { ...item, id: '', from: '' },
      )
    : outcome;

const namesIn = (outcome: ModelOutcome): number =>
  outcome.kind === 'completed' ? outcome.items.filter((item) => item.type === 'call' && item.name !== '').length : 0;

describe.each([
  {
    name: 'Responses',
    open: responsesModel,
    path: '/responses',
    body: { model: 'scripted', input: [{ role: 'user', content: 'Fix it.' }], stream: true, store: false },
  },
  {
    name: 'Chat Completions',
    open: chatCompletionsModel,
    path: '/chat/completions',
    body: {
      model: 'scripted',
      messages: [{ role: 'user', content: 'Fix it.' }],
      stream: true,
      stream_options: { include_usage: true },
    },
  },
  {
    name: 'Anthropic',
    open: anthropicModel,
    path: '/messages',
    body: {
      model: 'scripted',
      max_tokens: 1_000,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Fix it.' }] }],
      stream: true,
    },
  },
])('$name', ({ open, path, body }) => {
  test(`${total} mutated streams: nothing is lost in silence, nothing hangs, nothing throws`, async () => {
    const valid = await Promise.all(answers.map((answer) => framesOf(answer, path, body)));
    const streams = new Map<number, MutatedStream>();
    const streamFor = (number: number) => streams.get(number)!;
    await using server = await startMutants(streamFor);
    const model: Model = open({ apiKey: 'sk-fake', baseURL: server.url, model: 'scripted', idleMs: 60_000 });
    const respond = async (number: number, stream: MutatedStream): Promise<ModelOutcome> => {
      streams.set(number, stream);
      const outcome = await model.respond(ask([user('Fix it.')], { idempotencyKey: `idempotent-${number}` }), {
        signal: new AbortController().signal,
      });
      streams.delete(number);
      return outcome;
    };
    const whole = (frames: readonly string[]): MutatedStream => ({
      bytes: [Buffer.from(frames.map((frame) => `data: ${frame}\n\n`).join(''))],
      harmless: true,
      what: 'nothing',
    });
    const plain = await Promise.all(valid.map((frames, index) => respond(total + index, whole(frames))));
    const faults: string[] = [];
    const check = async (number: number): Promise<void> => {
      const seed = (firstSeed + number) >>> 0;
      const which = number % answers.length;
      const stream = mutate(valid[which]!, seed);
      const outcome = await respond(number, stream);
      const about = `seed ${seed}, answer ${which}: ${stream.what}`;
      if (outcome.kind === 'aborted') faults.push(`${about}: aborted`);
      // Where nothing that was said is missing, the answer is the same.
      if (stream.harmless && !isDeepStrictEqual(saidIn(outcome), saidIn(plain[which]!)))
        faults.push(`${about}: another answer, ${JSON.stringify(saidIn(outcome))}`);
      // A call is only missing where that is said. After [DONE] there is nothing, whatever comes.
      const sent = Buffer.concat([...stream.bytes]).toString();
      const announced = namesSent(sent.split(/^data: \[DONE\]/m)[0] ?? '');
      const silent = outcome.kind === 'completed' && outcome.oddities.length === 0;
      if (silent && namesIn(outcome) < announced)
        faults.push(`${about}: ${announced} calls became ${namesIn(outcome)}`);
    };
    for (let at = 0; at < total; at += atOnce)
      await Promise.all(Array.from({ length: Math.min(atOnce, total - at) }, (_, index) => check(at + index)));
    expect(faults).toEqual([]);
  });
});

/** Distinct calls whose id and name both came in one object of a chunk, or in one finished item. */
const namesSent = (text: string): number => {
  const ids = new Set<string>();
  for (const [, data] of text.matchAll(/^data: (.*?)\r?$/gm)) {
    if (data === undefined || !data.startsWith('{')) continue;
    let value: unknown;
    try {
      value = JSON.parse(data);
    } catch {
      continue;
    }
    const event = value as {
      type?: unknown;
      item?: { type?: unknown; call_id?: unknown; name?: unknown };
      choices?: readonly { delta?: { tool_calls?: readonly { id?: unknown; function?: { name?: unknown } }[] } }[];
    };
    if (event.type === 'response.output_item.done' && event.item?.type === 'function_call')
      if (typeof event.item.call_id === 'string' && event.item.name === 'bash') ids.add(event.item.call_id);
    if (!Array.isArray(event.choices)) continue;
    for (const choice of event.choices)
      if (Array.isArray(choice?.delta?.tool_calls))
        for (const call of choice.delta.tool_calls)
          if (typeof call?.id === 'string' && call.id !== '' && call.function?.name === 'bash') ids.add(call.id);
  }
  return ids.size;
};
