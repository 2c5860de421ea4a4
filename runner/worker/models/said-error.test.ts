import { describe, expect, it } from 'vitest';
import { errorIn } from './said-error.ts';

describe('an error is told from an answer', () => {
  it.each<[string, unknown, object]>([
    [
      'OpenAI',
      { error: { message: 'Oh.', type: 'server_error', code: 'oh' } },
      { message: 'Oh.', code: 'oh', type: 'server_error' },
    ],
    [
      'a gateway with the status of its upstream',
      { error: { message: 'Oh.', code: 502 } },
      { message: 'Oh.', status: 502 },
    ],
    ['the same as text', { error: { message: 'Oh.', code: '502' } }, { message: 'Oh.', status: 502 }],
    [
      'a gateway that quotes its upstream',
      { error: { message: 'Provider returned error', code: 400, metadata: { raw: 'too big' } } },
      { message: 'Provider returned error (too big)', status: 400 },
    ],
    ['Ollama', { error: 'model not found' }, { message: 'model not found' }],
    ['vLLM', { object: 'error', message: 'Oh.', type: 'BadRequestError', code: 400 }, { message: 'Oh.', status: 400 }],
    [
      'the Responses API in its stream',
      { type: 'error', code: 'server_error', message: 'Oh.' },
      { message: 'Oh.', code: 'server_error' },
    ],
    ['FastAPI', { detail: 'Not here.' }, { message: 'Not here.' }],
    ['an error that is no text', { error: { message: { a: 1 } } }, { message: '{"a":1}' }],
  ])('%s', (_who, value, expected) => {
    expect(errorIn(value)).toMatchObject(expected);
  });

  it.each<[string, unknown]>([
    ['a chunk', { choices: [{ delta: { content: 'a' } }] }],
    ['a chunk with an error that is null', { choices: [], error: null }],
    ['an event', { type: 'response.created', response: { id: 'r', error: null } }],
    ['a whole response', { object: 'response', output: [], error: null, status: 'completed' }],
    ['no object', 7],
    ['an empty one', {}],
  ])('%s is none', (_what, value) => {
    expect(errorIn(value)).toBeNull();
  });
});
