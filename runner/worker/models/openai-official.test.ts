import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  answersRaw,
  calls,
  says,
  scripted,
  sequence,
  startFakeOpenAi,
  type FakeOpenAi,
} from '../../../test/fakes/openai/index.ts';
import { officialChunk, officialEvents, officialOrder, type Shape } from '../../../test/fakes/openai/official.ts';
import { ask, assistant, user } from '../../../test/suites/model.ts';
import { chatCompletionsModel } from './chat-completions.ts';
import type { Model } from './model.ts';
import { responsesModel } from './responses.ts';

const Bag = z.looseObject({});
const Event = z.looseObject({ type: z.string() });

const dataOf = (text: string): readonly unknown[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line): unknown => JSON.parse(line.slice('data: '.length)));

const isFields = (shape: Shape | undefined): shape is Readonly<Record<string, Shape>> => typeof shape === 'object';

/** An event of that shape with something in every field. */
const filled = (shape: Shape): unknown => {
  if (isFields(shape)) return Object.fromEntries(Object.entries(shape).map(([name, each]) => [name, filled(each)]));
  return { string: 'x', number: 0, boolean: false, array: [], null: null }[shape];
};

const kindOf = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);

/** What the description has and ours has not, or as something else. */
const lacking = (shape: Shape, ours: unknown, at = ''): readonly string[] => {
  if (ours === undefined) return [at];
  if (ours === null || shape === 'null') return [];
  if (!isFields(shape)) return kindOf(ours) === shape ? [] : [`${at}: ${shape}, ours ${kindOf(ours)}`];
  const own = Bag.safeParse(ours);
  if (!own.success) return [`${at}: an object, ours ${kindOf(ours)}`];
  return Object.entries(shape).flatMap(([name, each]) => lacking(each, own.data[name], `${at}.${name}`));
};

describe('events as OpenAI describes them are read', () => {
  const message = {
    type: 'message',
    role: 'assistant',
    content: [{ type: 'output_text', text: 'Hi!', annotations: [] }],
  };
  const responses = officialOrder.map((type) => ({
    ...Bag.parse(filled(officialEvents[type] ?? 'null')),
    type,
    ...(type === 'response.output_text.delta' ? { delta: 'Hi!' } : {}),
    ...(type === 'response.output_item.done' ? { item: message } : {}),
    ...(type === 'response.completed' ? { response: { id: 'x', status: 'completed', output: [message] } } : {}),
  }));
  const choice = (delta: object, finish: string | null) => ({ choices: [{ index: 0, delta, finish_reason: finish }] });
  const chunks = [
    choice({ role: 'assistant', content: '' }, null),
    choice({ content: 'Hi!' }, null),
    choice({}, 'stop'),
  ].map((fields) => ({ ...Bag.parse(filled(officialChunk)), ...fields }));
  test.each<[string, (fake: FakeOpenAi) => Model, readonly object[]]>([
    ['Responses', ({ url }) => responsesModel({ apiKey: 'sk-fake', baseURL: url, model: 'scripted' }), responses],
    [
      'Chat Completions',
      ({ url }) => chatCompletionsModel({ apiKey: 'sk-fake', baseURL: url, model: 'scripted' }),
      chunks,
    ],
  ])('%s', async (_name, open, events) => {
    const stream = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
    await using fake = await startFakeOpenAi({ script: sequence(answersRaw(200, 'text/event-stream', stream)) });
    const outcome = await open(fake).respond(ask([user('Hello!')]), { signal: new AbortController().signal });
    expect(outcome).toMatchObject({ kind: 'completed', items: [assistant('Hi!')], oddities: [] });
  });
});

describe('the fake says all that OpenAI says', () => {
  test('in every event of Responses, in their order', async () => {
    await using fake = await startFakeOpenAi({
      script: scripted([says('Hi there!'), calls('read', { path: 'a', from: null, lines: null })]),
    });
    const post = async (input: readonly object[]): Promise<readonly z.infer<typeof Event>[]> => {
      const response = await fetch(`${fake.url}/responses`, {
        method: 'POST',
        headers: { authorization: `Bearer ${fake.apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'scripted', stream: true, store: false, input }),
      });
      return dataOf(await response.text()).map((event) => Event.parse(event));
    };
    const person = { role: 'user', content: 'Hello!' };
    const first = await post([person]);
    expect(first.map(({ type }) => type)).toEqual(officialOrder);
    const all = [...first, ...(await post([person, { role: 'assistant', content: 'Hi there!' }, person]))];
    // Items are described by the message that one holds.
    const isOther = ({ item }: z.infer<typeof Event>): boolean =>
      item !== undefined && Event.parse(item).type !== 'message';
    const compared = all.filter((event) => officialEvents[event.type] !== undefined && !isOther(event));
    expect(new Set(compared.map(({ type }) => type)).size).toBeGreaterThan(9);
    for (const event of compared)
      expect([event.type, lacking(officialEvents[event.type] ?? 'null', event)]).toEqual([event.type, []]);
  });

  test('in the chunks of Chat Completions', async () => {
    await using fake = await startFakeOpenAi({ script: scripted([says('Hello')]) });
    const response = await fetch(`${fake.url}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${fake.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'scripted', stream: true, messages: [{ role: 'user', content: 'Hello!' }] }),
    });
    const chunks = dataOf(await response.text());
    expect(chunks.length).toBeGreaterThan(1);
    for (const chunk of chunks) expect(lacking(officialChunk, chunk)).toEqual([]);
  });
});
