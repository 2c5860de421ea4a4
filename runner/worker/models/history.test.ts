import { expect, it } from 'vitest';
import type { ModelItem } from '../../../shared/run/model-item.ts';
import { validHistory } from './history.ts';

const user = (text: string): ModelItem => ({ type: 'message', role: 'user', text });
const assistant = (text: string): ModelItem => ({ type: 'message', role: 'assistant', text });
const call = (name: string, args: string): ModelItem => ({ type: 'call', call: 'a', name, arguments: args });

it('leaves alone what any endpoint takes', () => {
  const items = [
    user('Go.'),
    assistant('Yes.'),
    call('bash', '{"a":[1]}'),
    { type: 'output', call: 'a', output: 'ok' } as const,
  ];
  expect(validHistory(items)).toEqual(items);
});

it('has people speak once between two turns of the model', () => {
  expect(validHistory([user('Go.'), user('Now.'), assistant('Yes.'), user('a'), user('b'), user('c')])).toEqual([
    user('Go.\n\nNow.'),
    assistant('Yes.'),
    user('a\n\nb\n\nc'),
  ]);
});

it.each([
  ['[1]', '{"malformed":"[1]"}'],
  ['"ls"', '{"malformed":"\\"ls\\""}'],
  ['null', '{"malformed":"null"}'],
  ['{"a":', '{"malformed":"{\\"a\\":"}'],
  ['', '{"malformed":""}'],
])('quotes arguments that are no object: %s', (args, expected) => {
  expect(validHistory([call('bash', args)])).toEqual([call('bash', expected)]);
});

it.each([
  ['functions.bash', 'functions_bash'],
  ['bash<|channel|>json', 'bash__channel__json'],
  ['', 'unnamed'],
  ['b'.repeat(100), 'b'.repeat(64)],
])('gives a call the name %s as %s', (name, expected) => {
  expect(validHistory([call(name, '{}')])).toEqual([call(expected, '{}')]);
});
