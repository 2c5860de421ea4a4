import { expect, test } from 'vitest';
import { matchPrefix, readDecisionReference, readRunReference } from './ids.ts';

test.each([
  ['latest', { kind: 'latest' }],
  ['12', { kind: 'number', number: 12 }],
  ['#12', { kind: 'number', number: 12 }],
  ['run_k3v9x2', { kind: 'prefix', prefix: 'run_k3v9x2' }],
  ['run_1', { kind: 'prefix', prefix: 'run_1' }],
  ['k3v', { kind: 'prefix', prefix: 'run_k3v' }],
  ['0', { kind: 'invalid' }],
  ['01', { kind: 'invalid' }],
  ['12345678901234567890', { kind: 'invalid' }],
  ['0l', { kind: 'prefix', prefix: 'run_0l' }],
  ['', { kind: 'invalid' }],
  ['run_', { kind: 'invalid' }],
  ['K3V', { kind: 'invalid' }],
  ['-1', { kind: 'invalid' }],
  ['../etc', { kind: 'invalid' }],
])('a run may be called %j', (text, expected) => {
  expect(readRunReference(text)).toEqual(expected);
});

test.each([
  ['dec_a1b2c3', { kind: 'prefix', prefix: 'dec_a1b2c3' }],
  ['12', { kind: 'prefix', prefix: 'dec_12' }],
  ['dec-a1', { kind: 'invalid' }],
])('a decision may be called %j', (text, expected) => {
  expect(readDecisionReference(text)).toEqual(expected);
});

test.each([
  ['run_ab', { outcome: 'one', item: 'run_ab' }],
  ['run_abc', { outcome: 'one', item: 'run_abcd' }],
  ['run_a', { outcome: 'several', ids: ['run_ab', 'run_abcd'] }],
  ['run_x', { outcome: 'none' }],
])('of two runs, %s names', (prefix, expected) => {
  expect(matchPrefix(['run_ab', 'run_abcd'], prefix, (id) => id)).toEqual(expected);
});
