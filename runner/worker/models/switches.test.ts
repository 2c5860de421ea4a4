import { describe, expect, it } from 'vitest';
import { adapted, switchesOf } from './switches.ts';

const allSwitches = switchesOf();

const refusal = (message: string) => ({ code: 'bad_request' as const, message });

describe('a part of the request that an endpoint names as unknown is left out', () => {
  it.each([
    ["Unknown parameter: 'tools[0].function.strict'", 'strict'],
    ['stream_options: Extra inputs are not permitted', 'streamOptions'],
    ['Unsupported parameter: parallel_tool_calls', 'parallelCalls'],
    ['include: unexpected value reasoning.encrypted_content', 'encryptedReasoning'],
    ['messages.1.reasoning_content: property is not allowed', 'returnReasoning'],
  ] as const)('%s', (message, name) => {
    expect(adapted(allSwitches, refusal(message))?.switches).toEqual({ ...allSwitches, [name]: false });
  });

  it('once, and no more', () => {
    const message = "Unknown parameter: 'tools[0].function.strict'";
    expect(adapted({ ...allSwitches, strict: false }, refusal(message))).toBeNull();
  });
});

describe('nothing is left out', () => {
  it.each([
    'The reasoning_content of an assistant message with tool calls must be passed back',
    'Function call is missing a thought_signature in functionCall parts',
    'Invalid schema for function bash',
  ])('where the endpoint says: %s', (message) => {
    expect(adapted(allSwitches, refusal(message))).toBeNull();
  });

  it('where the failure was of another kind', () => {
    expect(adapted(allSwitches, { code: 'server', message: 'strict' })).toBeNull();
  });
});
