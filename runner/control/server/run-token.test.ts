import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readRunToken, signRunToken } from './run-token.ts';

const secret = Buffer.alloc(32, 1);
const claim = { run: 'run_aaaa', activation: 'act_bbbb', now: 1_000_000 };
const day = 24 * 3_600_000;

test('a token speaks for its activation for a day', () => {
  const token = signRunToken(secret, claim);
  expect(token).toMatch(/^lhr_[\w-]+\.[\w-]{43}$/);
  const { run, activation, now } = claim;
  expect(readRunToken(secret, token, now + day - 1)).toEqual({ run, activation, expires: now + day });
  expect(readRunToken(secret, token, now + day)).toBeNull();
  expect(readRunToken(Buffer.alloc(32, 2), token, now)).toBeNull();
});

test('a token that was changed anywhere says nothing', () => {
  const token = signRunToken(secret, claim);
  fc.assert(
    fc.property(fc.nat(token.length - 1), fc.constantFrom('a', 'Z', '0', '-', '_', '.', '=', '+'), (at, char) => {
      const changed = token.slice(0, at) + char + token.slice(at + 1);
      const read = readRunToken(secret, changed, claim.now);
      // The last character of base64url holds bits that are not part of the value; those may differ.
      const same = Buffer.from(changed.split('.')[1] ?? '', 'base64url').equals(
        Buffer.from(token.split('.')[1]!, 'base64url'),
      );
      expect(read === null || (same && changed.split('.')[0] === token.split('.')[0])).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test('anything else is no token', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(readRunToken(secret, `lhr_${text}`, 0)).toBeNull();
    }),
  );
});
