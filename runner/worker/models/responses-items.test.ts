import { describe, expect, it } from 'vitest';
import { pixel } from '../../../test/suites/model.ts';
import type { ModelItem } from '../../../shared/run/model-item.ts';
import { inputOf, itemsOf } from './responses-items.ts';
import { usageOf } from './usage.ts';

const user: ModelItem = { type: 'message', role: 'user', text: 'Go.' };
const reasoning: ModelItem = { type: 'reasoning', id: 'rs_1', encrypted: 'gAAA', summary: 'Hm.' };
const call: ModelItem = { type: 'call', call: 'call_1', name: 'bash', arguments: '{}' };
const output: ModelItem = { type: 'output', call: 'call_1', output: 'ok' };

const wireUser = { type: 'message', role: 'user', content: 'Go.' };
const wireReasoning = {
  type: 'reasoning',
  id: 'rs_1',
  summary: [{ type: 'summary_text', text: 'Hm.' }],
  encrypted_content: 'gAAA',
};
const wireCall = { type: 'function_call', call_id: 'call_1', name: 'bash', arguments: '{}' };
const wireOutput = { type: 'function_call_output', call_id: 'call_1', output: 'ok' };

describe('the input of a request', () => {
  it.each<[string, ModelItem[], object[]]>([
    ['reasoning before its call', [user, reasoning, call, output], [wireUser, wireReasoning, wireCall, wireOutput]],
    [
      'reasoning without a summary',
      [{ ...reasoning, summary: '' }, call],
      [{ ...wireReasoning, summary: [] }, wireCall],
    ],
    ['no reasoning that was not encrypted', [{ ...reasoning, encrypted: null }, call, output], [wireCall, wireOutput]],
    ['no reasoning that led to nothing', [user, reasoning, user], [wireUser, wireUser]],
    ['no reasoning at the end', [user, reasoning], [wireUser]],
    ['reasoning in a row', [reasoning, reasoning, call], [wireReasoning, wireReasoning, wireCall]],
    [
      'a refusal as what the assistant said',
      [{ type: 'refusal', text: 'No.' }],
      [{ type: 'message', role: 'assistant', content: 'No.' }],
    ],
  ])('has %s', (_what, items, expected) => {
    expect(inputOf({ items })).toEqual(expected);
  });

  it('has images in the first message of the user alone', () => {
    const said = { type: 'message', role: 'assistant', text: 'Hm.' } as const;
    expect(inputOf({ items: [user, said, user], images: [pixel] })).toEqual([
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_text', text: 'Go.' },
          { type: 'input_image', image_url: `data:image/png;base64,${pixel.base64}`, detail: 'auto' },
        ],
      },
      { type: 'message', role: 'assistant', content: 'Hm.' },
      wireUser,
    ]);
  });
});

describe('the output of a response', () => {
  it.each<[Record<string, unknown> & { type: string }, ModelItem[]]>([
    [{ ...wireReasoning, summary: [{ text: 'a' }, { text: 'b' }] }, [{ ...reasoning, summary: 'a\n\nb' }]],
    [{ type: 'reasoning', id: 'rs_1' }, [{ ...reasoning, encrypted: null, summary: '' }]],
    [{ ...wireCall, id: 'fc_1', status: 'completed', tomorrow: true }, [call]],
    [{ type: 'message', content: [] }, []],
    [
      {
        type: 'message',
        content: [
          { type: 'output_text', text: 'a' },
          { type: 'output_text', text: 'b' },
          { type: 'refusal', refusal: 'No.' },
          { type: 'hologram' },
        ],
      },
      [
        { type: 'message', role: 'assistant', text: 'ab' },
        { type: 'refusal', text: 'No.' },
      ],
    ],
    [{ type: 'web_search_call' }, []],
  ])('%o', (wire, expected) => {
    expect(itemsOf(wire, () => {})).toEqual(expected);
  });

  it.each<[string, unknown, object]>([
    [
      'the id of the item stands in for that of the call',
      { id: 'fc_1', name: 'bash', arguments: '{}' },
      { call: 'fc_1' },
    ],
    ['a number is an id', { call_id: 7, name: 'bash', arguments: '{}' }, { call: '7' }],
    ['without any id it gets one', { name: 'bash', arguments: '{}' }, { call: expect.stringMatching(/^call_.{36}$/) }],
    [
      'arguments may be the object itself',
      { call_id: 'a', name: 'bash', arguments: { a: 1 } },
      { arguments: '{"a":1}' },
    ],
    ['arguments may be missing', { call_id: 'a', name: 'bash', arguments: null }, { arguments: '' }],
    ['a name may be missing', { call_id: 'a', arguments: '{}' }, { name: '' }],
  ])('is never lost where it is a call: %s', (_what, wire, expected) => {
    const odd: string[] = [];
    expect(itemsOf({ type: 'function_call', ...(wire as object) }, (what) => odd.push(what))).toMatchObject([
      { type: 'call', ...expected },
    ]);
    expect(odd).toEqual([]);
  });

  it.each<[unknown, string]>([
    [null, 'an output item that is no object'],
    [{ type: 'hologram' }, 'an output item of the kind "hologram"'],
    [{ type: 'message', content: [{ type: 'hologram' }] }, 'a part of a message of the kind "hologram"'],
    [{ type: 'reasoning', summary: [{ text: 'Hm.' }] }, 'reasoning without an id'],
  ])('is reported where %o cannot be read', (wire, expected) => {
    const odd: string[] = [];
    expect(itemsOf(wire, (what) => odd.push(what))).toEqual([]);
    expect(odd).toEqual([expected]);
  });
});

describe('the usage of a response', () => {
  const counted = { input: 5, cached: 0, cacheWrite: 0, output: 7, reasoning: 0 };
  it.each([
    [{ input_tokens: 5, output_tokens: 7 }, counted],
    [
      {
        input_tokens: 5,
        input_tokens_details: { cached_tokens: 3, cache_write_tokens: 1 },
        output_tokens: 7,
        output_tokens_details: { reasoning_tokens: 2 },
      },
      { input: 5, cached: 3, cacheWrite: 1, output: 7, reasoning: 2 },
    ],
    [{ input_tokens: 5, input_tokens_details: { cached_tokens: null }, output_tokens: 7 }, counted],
    [{ input_tokens: -1, output_tokens: 7 }, null],
    [{}, null],
    [null, null],
    [undefined, null],
  ])('%o is %o', (wire, expected) => {
    expect(usageOf(wire, ['input', 'output'])).toEqual(expected);
  });
});
