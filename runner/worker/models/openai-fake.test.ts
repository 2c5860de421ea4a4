import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  calls,
  comparable,
  says,
  scripted,
  sequence,
  startFakeOpenAi,
  together,
} from '../../../test/fakes/openai/index.ts';

/** The fake is only worth what it refuses: a request that the real API would not take. */
const post = async (url: string, path: string, body: unknown) => {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk-fake', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, text };
};

const tool = (parameters: object) => ({
  type: 'function',
  name: 'bash',
  description: 'Runs.',
  parameters,
  strict: true,
});
const object = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false };
const call = { type: 'function_call', call_id: 'call_1', name: 'bash', arguments: '{}' };
const output = { type: 'function_call_output', call_id: 'call_1', output: 'ok' };
const reasoning = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'WyJyc18xIiwiIl0' };
const user = { role: 'user', content: 'Go.' };

describe('the fake Responses API', () => {
  const valid = { model: 'scripted', input: [user], tools: [tool(object)], stream: true, store: false };

  it.each([
    ['a plain request', {}],
    ['a round trip', { input: [user, reasoning, call, output] }],
    [
      'parallel calls',
      { input: [user, call, { ...call, call_id: 'call_2' }, { ...output, call_id: 'call_2' }, output] },
    ],
    ['a nullable property', { tools: [tool({ ...object, properties: { a: { type: ['string', 'null'] } } })] }],
    ['a background request', { background: true, store: true }],
  ])('takes %s', async (_what, changes) => {
    await using fake = await startFakeOpenAi({ script: () => says('Yes.') });
    expect(await post(fake.url, '/responses', { ...valid, ...changes })).toMatchObject({ status: 200 });
  });

  it.each([
    ['an unknown parameter', { temprature: 1 }, "Unknown parameter: 'temprature'."],
    ['an unknown field of an item', { input: [{ ...user, mood: 1 }] }, "Unknown parameter: 'input[0].mood'."],
    ['a chat message', { input: [{ role: 'tool', content: '' }] }, 'Invalid value'],
    ['no stream', { stream: false }, 'only streams'],
    ['background without store', { background: true }, "'store' to be true"],
    ['a call without output', { input: [user, call] }, 'No tool output found for function call call_1.'],
    ['an output without call', { input: [user, output] }, 'No tool call found'],
    ['an output before its call', { input: [output, call] }, 'No tool call found'],
    ['two outputs of one call', { input: [call, output, output] }, 'Duplicate function call output'],
    ['two calls of one id', { input: [call, output, call, output] }, 'Duplicate function call call_1'],
    ['reasoning at the end', { input: [user, reasoning] }, 'without its required following item'],
    ['reasoning before an output', { input: [call, reasoning, output] }, 'without its required following item'],
    ['reasoning with another id', { input: [{ ...reasoning, id: 'rs_2' }, call, output] }, 'could not be verified'],
    [
      'reasoning that was not encrypted',
      { input: [{ ...reasoning, encrypted_content: null }, call, output] },
      'not found',
    ],
    ['a tool that is not strict', { tools: [{ ...tool(object), strict: false }] }, 'tools[0].strict'],
    ['an optional property', { tools: [tool({ ...object, required: [] })] }, "Missing 'a'"],
    ['an open object', { tools: [tool({ ...object, additionalProperties: true })] }, "'additionalProperties'"],
    [
      'an open object further down',
      { tools: [tool({ ...object, properties: { a: { type: 'array', items: { type: 'object' } } } })] },
      "In context=('properties', 'a', 'items'), 'additionalProperties'",
    ],
    [
      'a default',
      { tools: [tool({ ...object, properties: { a: { type: 'string', default: 'x' } } })] },
      "'default' is not permitted",
    ],
    ['parameters that are no object', { tools: [tool({ type: 'array', items: object })] }, `got 'type: \\"array\\"'`],
    ['the same tool twice', { tools: [tool(object), tool(object)] }, 'Duplicate tool name'],
  ])('refuses %s', async (_what, changes, message) => {
    await using fake = await startFakeOpenAi({ script: () => says('Yes.') });
    const { status, text } = await post(fake.url, '/responses', { ...valid, ...changes });
    expect([400, 404]).toContain(status);
    expect(text).toContain(message);
  });

  it('streams the documented events in their order, numbered', async () => {
    await using fake = await startFakeOpenAi({ script: sequence(together(says('Hi.'), calls('bash', { a: '' }))) });
    const { text } = await post(fake.url, '/responses', valid);
    const events = text.split('\n\n').flatMap((frame) => {
      const [, type, data] = /^event: (.*)\ndata: (.*)$/.exec(frame) ?? [];
      return data === undefined ? [] : [{ type, sent: JSON.parse(data) as { type: string; sequence_number: number } }];
    });
    expect(events.map(({ type, sent }) => [sent.sequence_number, sent.type === type, type])).toEqual(
      [
        'response.created',
        'response.in_progress',
        'response.output_item.added',
        'response.content_part.added',
        'response.output_text.delta',
        'response.output_text.done',
        'response.content_part.done',
        'response.output_item.done',
        'response.output_item.added',
        'response.function_call_arguments.delta',
        'response.function_call_arguments.done',
        'response.output_item.done',
        'response.completed',
      ].map((type, number) => [number, true, type]),
    );
  });

  it('resumes the stream of a background response after the number that is named', async () => {
    await using fake = await startFakeOpenAi({ script: () => says('Hi.') });
    const { text } = await post(fake.url, '/responses', { ...valid, background: true, store: true });
    const id = /resp_\w+/.exec(text)![0];
    const headers = { authorization: 'Bearer sk-fake' };
    const rest = await fetch(`${fake.url}/responses/${id}?stream=true&starting_after=7`, { headers });
    expect(text.endsWith(await rest.text())).toBe(true);
  });
});

describe('the fake Chat Completions API', () => {
  const messages = (...rest: object[]) => ({ model: 'scripted', stream: true, messages: [user, ...rest] });
  const called = {
    role: 'assistant',
    tool_calls: [{ id: 'a', type: 'function', function: { name: 'bash', arguments: '' } }],
  };

  it.each([
    ['an unknown parameter', { ...messages(), tool: 1 }, "Unknown parameter: 'tool'."],
    ['an empty list of tools', { ...messages(), tools: [] }, "'tools'"],
    ['parallel tools without tools', { ...messages(), parallel_tool_calls: true }, 'only allowed when'],
    ['a call without output', messages(called), 'did not have response messages: a'],
    ['a call with something in between', messages(called, user), 'did not have response messages: a'],
    ['an output without call', messages({ role: 'tool', tool_call_id: 'a', content: '' }), 'must be a response'],
    ['an assistant that says nothing', messages({ role: 'assistant' }), 'expected a string'],
  ])('refuses %s', async (_what, body, message) => {
    await using fake = await startFakeOpenAi({ script: () => says('Yes.') });
    const { status, text } = await post(fake.url, '/chat/completions', body);
    expect(status).toBe(400);
    expect(text).toContain(message);
  });
});

describe('a script', () => {
  const body = (...input: object[]) => ({ model: 'scripted', stream: true, store: false, input: [user, ...input] });
  const callIn = (text: string) => /"call_id":"(\w+)"/.exec(text)![1]!;

  it('finds its place in the context, so that a repeated request gets the same answer', async () => {
    const script = scripted([calls('bash', { a: '1' }), calls('bash', { a: '2' }), says('Done.')]);
    await using one = await startFakeOpenAi({ script });
    await using two = await startFakeOpenAi({ script });
    const first = await post(one.url, '/responses', body());
    expect(await post(one.url, '/responses', body())).toEqual(first);
    expect(await post(two.url, '/responses', body())).toEqual(first);
    const turn = [
      { ...call, call_id: callIn(first.text) },
      { ...output, call_id: callIn(first.text) },
    ];
    const second = await post(two.url, '/responses', body(...turn));
    expect(second.text).toContain(String.raw`{\"a\":\"2\"}`);
    // The first turn has been compacted away: the ids still tell where we are.
    const last = [
      { ...call, call_id: callIn(second.text) },
      { ...output, call_id: callIn(second.text) },
    ];
    expect((await post(one.url, '/responses', body(...last))).text).toContain('Done.');
    expect(comparable(one.journal).slice(0, 1)).toEqual(comparable(two.journal).slice(0, 1));
  });

  it('counts turns without calls, and says so when it has no more', async () => {
    await using fake = await startFakeOpenAi({ script: scripted([says('One.'), says('Two.')]) });
    const said = { role: 'assistant', content: 'One.' };
    expect((await post(fake.url, '/responses', body(said, user))).text).toContain('Two.');
    const { status, text } = await post(fake.url, '/responses', body(said, user, said, user));
    expect(status).toBe(400);
    expect(text).toContain('The script has 2 replies; number 3 was asked for.');
  });
});

describe('the fake as a process', () => {
  it('says where it is, answers by the script of a file, and shows its journal', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'fake-openai-'));
    const fakes = new URL('../../../test/fakes/openai/', import.meta.url);
    const script = join(folder.path, 'script.ts');
    await writeFile(
      script,
      `import { says } from '${fakes.href}index.ts';\nexport default () => says('From a file.');\n`,
    );
    const child = spawn(process.execPath, [fileURLToPath(new URL('main.ts', fakes)), '--script', script]);
    try {
      const [line] = (await once(child.stdout, 'data')) as [Buffer];
      const { url } = JSON.parse(line.toString()) as { url: string };
      const request = { model: 'scripted', stream: true, store: false, input: [user] };
      expect((await post(url, '/responses', request)).text).toContain('From a file.');
      const journal: unknown = await (await fetch(new URL('/journal', url))).json();
      expect(journal).toMatchObject([{ method: 'POST', path: '/v1/responses', body: request, status: 200 }]);
    } finally {
      const ended = once(child, 'close');
      child.kill();
      await ended;
    }
  });
});
