import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { canonicalJson } from '../../../shared/decision/canonical.ts';
import type { DecisionRequest } from '../../../shared/decision/decision.ts';
import { parseEdited, parseEditedField } from './edited.ts';
import { isWhole, shownHash } from '../../ground/decision/verified.ts';

const call = {
  kind: 'call',
  tool: 'bash',
  arguments: { command: 'npm ci', timeoutSeconds: null, network: null },
} as const;
const budget = { kind: 'budget', tool: null, arguments: { budget: 'turns', limit: 80 } } as const;

const none = { kind: 'retry', tool: null, arguments: null } as const;

test.each([
  ['of a call', call, '{"command": "npm test", "timeoutSeconds": 60, "network": null}'],
  ['of a budget', budget, '{"budget": "turns", "limit": 120}'],
] as const)('arguments %s that fit are sent as they were written', (_, request, text) => {
  expect(parseEdited(request, text)).toEqual({ outcome: 'ok', arguments: JSON.parse(text) });
});

test.each([
  ['a field too many', call, '{"command": "x", "timeoutSeconds": null, "network": null, "sudo": true}'],
  ['a field too few', call, '{"command": "x"}'],
  ['no JSON', call, '{'],
  ['another budget', budget, '{"budget": "usd", "limit": 120}'],
  ['a limit below zero', budget, '{"budget": "turns", "limit": -1}'],
  ['a decision without arguments', none, 'null'],
] as const)('%s is not sent', (_, request, text) => {
  expect(parseEdited(request, text)).toMatchObject({ outcome: 'invalid', message: expect.stringMatching(/./) });
});

test('a field that was edited by itself is checked by the same rules, with all others as they were', () => {
  expect(parseEditedField(call, { name: 'command' }, 'npm ci --offline')).toEqual({
    outcome: 'ok',
    arguments: { command: 'npm ci --offline', timeoutSeconds: null, network: null },
  });
  expect(parseEditedField(call, { name: 'command' }, '')).toMatchObject({ outcome: 'invalid' });
  const write = { tool: 'write', arguments: { path: '../a', content: '' } };
  expect(parseEditedField(write, { name: 'content' }, 'x')).toMatchObject({ outcome: 'invalid' });
});

test('of what is no JSON it is said in which line and column', () => {
  expect(parseEdited(call, '{\n  "command": npm\n}')).toMatchObject({
    message: 'Line 2, column 14: expected a value.',
    at: { line: 2, column: 14 },
  });
});

test('what is shown is bound to its hash, and a word changed breaks it', () => {
  const asked = { id: 'dec_k3v9x2', action: 'Run npm ci', ...call };
  const hash = createHash('sha256')
    .update(canonicalJson({ run: 'run_k3v9x2', ...asked }))
    .digest('hex');
  const request: DecisionRequest = {
    ...asked,
    arguments: { ...call.arguments },
    tree: null,
    requester: { turn: 1, call: 'call_1' },
    hash,
    reason: 'because',
    consequence: 'it runs',
    expiresAt: '2026-03-04T12:00:00.000Z',
    onExpiry: 'nothing',
    choices: [],
  };
  expect(shownHash({ run: 'run_k3v9x2', request })).toBe(hash);
  expect(isWhole({ run: 'run_k3v9x2', request })).toBe(true);
  expect(isWhole({ run: 'run_other1', request })).toBe(false);
  expect(isWhole({ run: 'run_k3v9x2', request: { ...request, action: 'Run npm test' } })).toBe(false);
});
