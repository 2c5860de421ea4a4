import { createHash, timingSafeEqual } from 'node:crypto';
import { userInfo } from 'node:os';
import type { Principal } from '../../../shared/api/runner-api.ts';
import type { TokenConfig } from '../../machine/config/config.ts';
import { readRunToken } from './run-token.ts';

export interface Credentials {
  /** The token in the home's file. */
  readonly localToken: string;
  /** Signs run tokens. */
  readonly secret: Buffer;
  readonly tokens: readonly TokenConfig[];
  /** Ms since the epoch. */
  readonly now: () => number;
}

/** The tenant of the runner's owner, at its own machine. What is of no tenant is on record there. */
export const ownersTenant = 'local';

/** Says who a request's Authorization header speaks for; null: nobody we know. */
export type Authenticate = (header: string | undefined) => Principal | null;

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();

/** Compares hashes, and all of them every time, so that the time it takes tells nothing about any token. */
export const authentication = ({ localToken, secret, tokens, now }: Credentials): Authenticate => {
  const persons: readonly { readonly hash: Buffer; readonly principal: Principal }[] = [
    {
      hash: hashOf(localToken),
      principal: { kind: 'person', name: osUser(), tenant: ownersTenant, role: 'admin', local: true },
    },
    ...tokens.map(({ hash, name, tenant, role }) => ({
      hash: Buffer.from(hash, 'hex'),
      principal: { kind: 'person' as const, name, tenant, role, local: false },
    })),
  ];
  return (header) => {
    const token = /^Bearer ([\x21-\x7e]{1,4096})$/i.exec(header ?? '')?.[1];
    if (token === undefined) return null;
    const claim = readRunToken(secret, token, now());
    if (claim !== null) return { kind: 'worker', run: claim.run, activation: claim.activation };
    const hash = hashOf(token);
    return persons.reduce<Principal | null>(
      (found, person) => (timingSafeEqual(person.hash, hash) ? person.principal : found),
      null,
    );
  };
};

const osUser = (): string => {
  try {
    return userInfo().username;
  } catch {
    // A container may run as a user without a name.
    return `uid ${process.getuid?.() ?? 0}`;
  }
};
