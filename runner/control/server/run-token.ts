import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { ActivationId, RunId } from '../../../shared/ids.ts';

/** What a run token says. `expires` in ms since the epoch. */
export interface RunClaim {
  readonly run: string;
  readonly activation: string;
  readonly expires: number;
}

/** Longer than any activation lives: a budget of active minutes ends it, or a park. A lease bounds what can be done with it. */
const lifetimeMs = 24 * 3_600_000;

const prefix = 'lhr_';
const Payload = z.strictObject({ run: RunId, activation: ActivationId, expires: z.int().positive() });

const macOf = (secret: Buffer, payload: string): Buffer => createHmac('sha256', secret).update(payload).digest();

/** `lhr_<payload>.<mac>`, both base64url: a bearer token for one activation of one run. */
export const signRunToken = (
  secret: Buffer,
  { run, activation, now }: { readonly run: string; readonly activation: string; readonly now: number },
): string => {
  const claim: RunClaim = { run, activation, expires: now + lifetimeMs };
  const payload = Buffer.from(JSON.stringify(claim)).toString('base64url');
  return `${prefix}${payload}.${macOf(secret, payload).toString('base64url')}`;
};

/** What the token says if it is ours and still good; else null. */
export const readRunToken = (secret: Buffer, token: string, now: number): RunClaim | null => {
  if (!token.startsWith(prefix)) return null;
  const [payload = '', mac = '', ...rest] = token.slice(prefix.length).split('.');
  const given = Buffer.from(mac, 'base64url');
  const expected = macOf(secret, payload);
  if (rest.length > 0 || given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  try {
    const claim = Payload.parse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
    return claim.expires > now ? claim : null;
  } catch {
    return null;
  }
};
