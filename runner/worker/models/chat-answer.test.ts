import { describe, expect, it } from 'vitest';
import type { ModelItem } from '../../../shared/run/model-item.ts';
import { addChunk, emptyAnswer, itemsOfAnswer } from './chat-answer.ts';

const read = (...chunks: readonly unknown[]) => {
  const answer = emptyAnswer();
  const odd: string[] = [];
  for (const chunk of chunks) addChunk(answer, chunk, (what) => odd.push(what));
  return { items: itemsOfAnswer(answer, 'https://models.example.org/v1 m'), odd, answer };
};
const delta = (fields: object, rest: object = {}) => ({ choices: [{ index: 0, delta: fields, ...rest }] });
const piece = (args: string, rest: object = {}) => ({ function: { arguments: args }, ...rest });
const whole = (name: string, args = '{}', rest: object = {}) => ({ function: { name, arguments: args }, ...rest });
const call = (name: string, args: string): ModelItem => ({
  type: 'call',
  call: expect.any(String) as unknown as string,
  name,
  arguments: args,
});

describe('calls are told apart and put together', () => {
  it.each<[string, unknown[], ModelItem[]]>([
    [
      'two whole ones in one delta, without index and id',
      [delta({ tool_calls: [whole('list'), whole('read')] })],
      [call('list', '{}'), call('read', '{}')],
    ],
    [
      'the same tool twice in one delta, without index and id',
      [delta({ tool_calls: [whole('bash', '{"a":1}'), whole('bash', '{"a":2}')] })],
      [call('bash', '{"a":1}'), call('bash', '{"a":2}')],
    ],
    [
      'pieces without index go on with the last call',
      [
        delta({ tool_calls: [whole('list')] }),
        delta({ tool_calls: [whole('bash', '{"a":')] }),
        delta({ tool_calls: [piece('1}')] }),
      ],
      [call('list', '{}'), call('bash', '{"a":1}')],
    ],
    [
      'pieces with index and nothing else',
      [
        delta({ tool_calls: [whole('bash', '', { index: 0, id: 'a' }), whole('read', '', { index: 1, id: 'b' })] }),
        delta({ tool_calls: [piece('{"x":', { index: 0 }), piece('{"y":', { index: 1 })] }),
        delta({ tool_calls: [piece('1}', { index: 0 }), piece('2}', { index: 1 })] }),
      ],
      [call('bash', '{"x":1}'), call('read', '{"y":2}')],
    ],
    [
      'an index that is a string',
      [
        delta({ tool_calls: [whole('bash', '{', { index: '0' }), whole('read', '{', { index: '1' })] }),
        delta({ tool_calls: [piece('}', { index: '1' }), piece('}', { index: '0' })] }),
      ],
      [call('bash', '{}'), call('read', '{}')],
    ],
    [
      'an index that is null',
      [
        delta({ tool_calls: [whole('bash', '{', { index: null, id: 'a' })] }),
        delta({ tool_calls: [piece('}', { index: null, id: 'a' })] }),
      ],
      [call('bash', '{}')],
    ],
    [
      'the index 0 for each, and another id',
      [
        delta({ tool_calls: [whole('bash', '{}', { index: 0, id: 'a' })] }),
        delta({ tool_calls: [whole('bash', '{}', { index: 0, id: 'b' })] }),
      ],
      [call('bash', '{}'), call('bash', '{}')],
    ],
    [
      'the name with every piece',
      [
        delta({ tool_calls: [whole('bash', '{"a"', { index: 0, id: 'a' })] }),
        delta({ tool_calls: [whole('bash', ':1}', { index: 0, id: 'a' })] }),
      ],
      [call('bash', '{"a":1}')],
    ],
    [
      'arguments that are the object itself',
      [delta({ tool_calls: [{ function: { name: 'bash', arguments: { a: 1 } } }] })],
      [call('bash', '{"a":1}')],
    ],
    [
      'arguments that are null',
      [delta({ tool_calls: [{ function: { name: 'bash', arguments: null } }] })],
      [call('bash', '')],
    ],
    [
      'an id that is a number',
      [delta({ tool_calls: [whole('bash', '{}', { id: 7 })] })],
      [{ ...call('bash', '{}'), call: '7' } as ModelItem],
    ],
    ['one call and no list', [delta({ tool_calls: whole('bash') })], [call('bash', '{}')]],
    [
      'a call without `function` around it',
      [delta({ tool_calls: [{ name: 'bash', arguments: '{}' }] })],
      [call('bash', '{}')],
    ],
    [
      'the one call of servers from before there were several',
      [delta({ function_call: { name: 'bash', arguments: '{' } }), delta({ function_call: { arguments: '}' } })],
      [call('bash', '{}')],
    ],
    [
      'a call in another choice',
      [
        {
          choices: [
            { index: 0, delta: {} },
            { index: 1, delta: { tool_calls: [whole('bash')] } },
          ],
        },
      ],
      [call('bash', '{}')],
    ],
    [
      'a choice without index, and in `message`',
      [{ choices: [{ message: { content: null, tool_calls: [whole('bash')] } }] }],
      [call('bash', '{}')],
    ],
  ])('%s', (_what, chunks, expected) => {
    const { items, odd } = read(...chunks);
    expect(items).toEqual(expected);
    expect(odd).toEqual([]);
  });
});

describe('text', () => {
  const said = (text: string) => [{ type: 'message', role: 'assistant', text }];
  it.each<[string, unknown[], object[]]>([
    ['in pieces', [delta({ content: 'a' }), delta({ content: null }), delta({ content: 'b' })], said('ab')],
    [
      'as parts',
      [delta({ content: [{ type: 'text', text: 'a' }, { type: 'thinking', thinking: [] }, 'b'] })],
      said('ab'),
    ],
    ['as a number', [delta({ content: 7 })], said('7')],
    ['as a completion of the old kind', [{ choices: [{ text: 'a' }] }], said('a')],
  ])('is read %s', (_what, chunks, expected) => {
    const { items, odd } = read(...chunks);
    expect(items).toEqual(expected);
    expect(odd).toEqual([]);
  });
});

describe('what nobody can read', () => {
  it.each<[unknown, string]>([
    [7, 'a chunk that is no object'],
    [{ choices: 'none' }, 'choices that is no list'],
    [{ choices: [7] }, 'a choice that is no object'],
    [delta({ content: { type: 'hologram' } }), 'content that is no text'],
    [delta({ tool_calls: ['bash'] }), 'a call that is no object'],
    [delta({ tool_calls: 'bash' }), 'tool_calls that is no list'],
  ])('is reported: %o', (chunk, expected) => {
    expect(read(chunk).odd).toEqual([expected]);
  });

  it('is nothing where nothing was meant', () => {
    expect(read({}, { choices: null }, delta({}), { choices: [], usage: null }).odd).toEqual([]);
  });
});

describe('what the endpoint wants back', () => {
  const from = 'https://models.example.org/v1 m';

  it('is kept with the message that has the calls, its pieces joined', () => {
    const { items } = read(
      delta({ reasoning_content: 'I ' }),
      delta({ reasoning_content: 'should.' }),
      delta({ tool_calls: [whole('bash', '{}', { id: 'a' })] }),
    );
    expect(items).toEqual([
      { ...call('bash', '{}'), call: 'a' },
      { type: 'returned', from, call: null, fields: { reasoning_content: 'I should.' } },
    ]);
  });

  it('is kept with its call', () => {
    const extra_content = { google: { thought_signature: 'c2ln' } };
    const { items } = read(
      delta({ tool_calls: [whole('bash', '{}', { id: 'a', extra_content }), whole('read', '{}', { id: 'b' })] }),
    );
    expect(items).toEqual([
      { ...call('bash', '{}'), call: 'a' },
      { type: 'returned', from, call: 'a', fields: { extra_content } },
      { ...call('read', '{}'), call: 'b' },
    ]);
  });

  it('is kept as the parts that it was, the texts of one part joined', () => {
    const detail = (text: string, rest: object = {}) => ({ type: 'reasoning.text', index: 0, text, ...rest });
    const { items } = read(
      delta({ reasoning_details: [detail('I ')] }),
      delta({
        reasoning_details: [
          detail('should.', { signature: 's' }),
          { type: 'reasoning.encrypted', index: 1, data: 'x' },
        ],
      }),
      delta({ tool_calls: [whole('bash', '{}', { id: 'a' })] }),
    );
    expect(items.at(-1)).toEqual({
      type: 'returned',
      from,
      call: null,
      fields: {
        reasoning_details: [
          detail('I should.', { signature: 's' }),
          { type: 'reasoning.encrypted', index: 1, data: 'x' },
        ],
      },
    });
  });

  it('is nothing where nothing was called: the API of those who have it refuses it there', () => {
    expect(read(delta({ reasoning_content: 'Hm.' }), delta({ content: 'Yes.' })).items).toEqual([
      { type: 'message', role: 'assistant', text: 'Yes.' },
    ]);
  });
});
