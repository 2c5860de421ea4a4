import { describe, expect, test } from 'vitest';
import {
  answersRaw,
  calls,
  fails,
  reasons,
  says,
  startFakeOpenAi,
  together,
  type Asked,
  type Reply,
  type Script,
} from '../../../test/fakes/openai/index.ts';
import { loadConfig, type RunnerConfig } from '../../machine/config/config.ts';
import { triedModel } from './try-model.ts';

const apis = ['responses', 'chat', 'anthropic'] as const;
type Api = (typeof apis)[number];

/** A model that does as it is told: the calls that the last message names, with the arguments there. */
const obeys: Script = ({ entries }) => {
  const text = entries.findLast(({ by }) => by === 'user')?.text ?? '';
  const [first = says('Done.'), ...rest] = [...text.matchAll(/^(\w+) (\{.*\})$/gm)].map(([, name = '', args = '']) =>
    // safe: the trial writes an object there
    calls(name, JSON.parse(args) as Record<string, unknown>),
  );
  return together(reasons('Let me see.'), first, ...rest);
};

/** The body as text, in which a part of a request can be looked for. */
const sent = ({ body }: Asked): string => JSON.stringify(body);

const knowsNot =
  (part: RegExp, refusal: Reply): Script =>
  (asked, place) =>
    part.test(sent(asked)) ? refusal : obeys(asked, place);

const file = '/home/me/.longhaul/config.yaml';

const configFor = async (api: Api, url: string, env: Record<string, string> = {}): Promise<RunnerConfig> => {
  const prefix = api === 'anthropic' ? 'ANTHROPIC' : 'OPENAI';
  const loaded = await loadConfig({
    flags: {},
    env: {
      [`${prefix}_BASE_URL`]: url,
      [`${prefix}_API_KEY`]: 'sk-fake',
      LONGHAUL_API: api,
      LONGHAUL_MODEL: 'scripted',
      ...env,
    },
    file: '/nowhere/config.yaml',
  });
  if (loaded.outcome === 'invalid') throw new Error(loaded.problems.join());
  return loaded.config;
};

const trialWith = async (api: Api, script: Script, env: Record<string, string> = {}) => {
  await using fake = await startFakeOpenAi({ script });
  const config = await configFor(api, fake.url, env);
  const signal = new AbortController().signal;
  const { checks, switches } = await triedModel(config, { file, signal, note: () => undefined });
  return {
    switches,
    requests: fake.journal.length,
    lines: Object.fromEntries(checks.map(({ name, outcome, detail }) => [name, `${outcome}: ${detail}`])),
    remedies: checks.map(({ remedy }) => remedy).join('\n'),
  };
};

const tools = 'read search list edit write bash apply_patch plan ask finish'.split(' ');
const called = Object.fromEntries(tools.map((tool) => [`tool ${tool}`, 'ok: called, with arguments that fit']));
const always = {
  ...called,
  'several calls at once': 'ok: 2 in one answer',
  usage: expect.stringMatching(/^warn: \d+ tokens in this trial; their price is not known$/),
  'context window': expect.stringMatching(/^warn: not known/),
  images: 'ok: none are sent: Longhaul works with text alone',
};

describe('a trial names each capability of an endpoint that knows everything', () => {
  test.each([
    [
      'responses',
      {
        'strict tools': 'ok: taken',
        parallel_tool_calls: 'ok: taken',
        'encrypted reasoning': 'ok: taken',
        'reasoning effort': "ok: the model's own: none is set",
        reasoning: 'ok: comes with 11 of 11 answers',
      },
    ],
    [
      'chat',
      {
        'strict tools': 'ok: taken',
        parallel_tool_calls: 'ok: taken',
        stream_options: 'ok: taken',
        'reasoning effort': "ok: the model's own: none is set",
        'reasoning given back': 'ok: nothing that has to go back',
        reasoning: 'ok: none is shown',
      },
    ],
    [
      'anthropic',
      {
        'reasoning effort': "ok: the model's own: none is set",
        'reasoning given back': 'ok: taken',
        reasoning: 'ok: comes with 11 of 11 answers',
      },
    ],
  ] as const)('%s', async (api, parts) => {
    expect(await trialWith(api, obeys)).toMatchObject({
      switches: {},
      requests: tools.length + 1,
      lines: { ...always, ...parts },
    });
  });
});

const unknown = (name: string) => fails(400, { message: `Unknown parameter: '${name}'.` });
const silent = fails(400, { message: 'Bad request.' });

describe('what an endpoint does not know is found out, and how to have it so from the start is said', () => {
  test.each([
    ['responses', 'strict', 'strict tools', /"strict"/, unknown('tools[0].strict')],
    ['responses', 'parallelCalls', 'parallel_tool_calls', /"parallel_tool_calls"/, unknown('parallel_tool_calls')],
    ['responses', 'encryptedReasoning', 'encrypted reasoning', /"include"/, unknown('include')],
    ['responses', 'reasoning', 'reasoning effort', /"effort"/, unknown('reasoning.effort')],
    ['chat', 'strict', 'strict tools', /"strict"/, unknown('tools[0].function.strict')],
    ['chat', 'streamOptions', 'stream_options', /"stream_options"/, unknown('stream_options')],
    ['chat', 'reasoning', 'reasoning effort', /"reasoning_effort"/, unknown('reasoning_effort')],
    ['anthropic', 'reasoning', 'reasoning effort', /"output_config"/, unknown('output_config')],
    // Those that only say no, in one way or another.
    ['responses', 'strict', 'strict tools', /"strict"/, silent],
    ['chat', 'streamOptions', 'stream_options', /"stream_options"/, silent],
    ['chat', 'parallelCalls', 'parallel_tool_calls', /"parallel_tool_calls"/, answersRaw(400, 'text/html', '<h1>No')],
    ['anthropic', 'reasoning', 'reasoning effort', /"output_config"/, silent],
  ] as const)('%s without %s', async (...[api, name, title, part, refusal]) => {
    const tried = await trialWith(api, knowsNot(part, refusal), { LONGHAUL_REASONING_EFFORT: 'low' });
    expect(tried).toMatchObject({
      switches: { [name]: false },
      lines: {
        ...called,
        [title]: 'warn: refused: left out from then on',
        switches: `warn: this endpoint does not know: ${name}`,
      },
    });
    expect(tried.remedies).toContain(`put into ${file}:\nmodel:\n  switches:\n    ${name}: false`);
  });
});

test('where there is nothing to find out, a failure is told once and the rest is not tried', async () => {
  const { lines, switches, requests } = await trialWith('chat', () => fails(401, { code: 'invalid_api_key' }));
  expect({ switches, requests }).toEqual({ switches: {}, requests: 1 });
  expect(lines).toMatchObject({
    'tool read': expect.stringMatching(/^fail: .* refused the key/),
    'tool finish': 'warn: not tried, because of what came before',
    'strict tools': 'warn: not known, because nothing was answered',
  });
});

test('a model that talks instead of calling is told by tool, and so is one that calls wrongly', async () => {
  const { lines } = await trialWith('chat', (asked, place) => {
    const text = asked.entries.findLast(({ by }) => by === 'user')?.text ?? '';
    if (text.includes('\nbash ')) return says('I would run the command.');
    if (text.includes('\nedit ')) return calls('edit', { path: 'README.md' });
    return obeys(asked, place);
  });
  expect(lines).toMatchObject({
    'tool read': 'ok: called, with arguments that fit',
    'tool bash': 'warn: not called: the model said "I would run the command."',
    'tool edit': expect.stringMatching(/^warn: called with arguments that do not fit: old: /),
  });
});
