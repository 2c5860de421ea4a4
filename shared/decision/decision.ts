import { z } from 'zod';
import { DecisionId, GitObject, Time } from '../ids.ts';
import { canonicalJson } from './canonical.ts';

/**
 * What a person is asked.
 * `call`: may this tool call run? `question`: the agent's, or Longhaul's about an agent that is stuck. `budget`: may it
 * spend more? `setup`: verification needs a setup with network that the agent changed; may it run? `retry`: something failed in a
 * way that only a person can judge; shall it be tried again? `changes`: a call ran, and what it changed needs a person's yes: may it
 * stay? `publish`: may this of a result in review be made outside, as exactly these effects?
 */
export const DecisionKind = z.enum(['call', 'question', 'budget', 'setup', 'retry', 'changes', 'publish']);
export type DecisionKind = z.infer<typeof DecisionKind>;

/** Any JSON value: what a tool call, a budget or a question consists of. */
export const Json = z.json();
export type Json = z.infer<typeof Json>;

/** A question as it stands in the log. Everything a person needs to decide, and the hash that binds the decision to it. */
export const DecisionRequest = z.strictObject({
  id: DecisionId,
  kind: DecisionKind,
  /** Who asks: the agent's call, or Longhaul itself. */
  requester: z.strictObject({ turn: z.int().nonnegative(), call: z.string().nullable() }),
  /** One sentence: "Run npm install in the sandbox, with network access to packages.example.org". */
  action: z.string().min(1),
  tool: z.string().nullable(),
  arguments: Json,
  /** Git's id of the tree that it is to run on; null: it runs on none, or there was none yet. */
  tree: GitObject.nullable(),
  /** Hex SHA-256 of `decisionSubject`. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  reason: z.string(),
  consequence: z.string(),
  expiresAt: Time,
  /** What happens when nobody decides. Expiry is neither yes nor no. */
  onExpiry: z.string(),
  /** Answers to choose from; empty: free text. */
  choices: z.array(z.string()),
});
export type DecisionRequest = z.infer<typeof DecisionRequest>;

/** The exact text that is hashed: what is asked, of which run, and nothing that may change while it waits. */
export const decisionSubject = (run: string, request: Omit<DecisionRequest, 'hash'>): string =>
  canonicalJson({
    run,
    id: request.id,
    kind: request.kind,
    action: request.action,
    tool: request.tool,
    arguments: request.arguments,
    // Left out where there is none: so are the hashes of decisions from before they named a tree.
    ...(request.tree === null ? {} : { tree: request.tree }),
  });

export const DecisionVerdict = z.discriminatedUnion('kind', [
  /** `arguments` null: as asked. Else these instead, validated again by the tool's schema and by policy. */
  z.strictObject({ kind: z.literal('approved'), arguments: Json.nullable() }),
  z.strictObject({ kind: z.literal('rejected'), reason: z.string() }),
  z.strictObject({ kind: z.literal('answered'), answer: z.string().min(1) }),
]);
export type DecisionVerdict = z.infer<typeof DecisionVerdict>;

/** A decision that still matters: it waits, has expired undecided, or was made and not yet acted on. */
export type OpenDecision =
  | { readonly status: 'pending'; readonly request: DecisionRequest }
  | { readonly status: 'expired'; readonly request: DecisionRequest }
  | {
      readonly status: 'decided';
      readonly request: DecisionRequest;
      readonly verdict: DecisionVerdict;
      readonly by: string;
    };
