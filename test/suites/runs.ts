import { decisionSubject, type DecisionKind, type DecisionRequest } from '../../shared/decision/decision.ts';
import type { RunEvent, WorkerEvent } from '../../shared/run/events.ts';
import type { Store } from '../../runner/control/store/store.ts';
import { createHash } from 'node:crypto';

export interface Asked {
  readonly run: string;
  readonly decision: string;
  readonly kind: DecisionKind;
  readonly expiresAt: string;
}

/** A decision with its true hash. A `call` is about the bash call `call_1`. */
export const someRequest = ({ run, decision, kind, expiresAt }: Asked): DecisionRequest => {
  const request: Omit<DecisionRequest, 'hash'> = {
    id: decision,
    kind,
    requester: { turn: 1, call: kind === 'call' ? 'call_1' : null },
    action: 'Run npm install in the sandbox',
    tool: kind === 'call' ? 'bash' : null,
    arguments:
      kind === 'call'
        ? { command: 'npm install', timeoutSeconds: null, network: ['registry.example'] }
        : kind === 'budget'
          ? { budget: 'turns', limit: 100 }
          : null,
    tree: null,
    reason: 'Its rule says to ask.',
    consequence: 'It may reach registry.example.',
    expiresAt,
    onExpiry: 'The run goes on waiting.',
    choices: [],
  };
  return { ...request, hash: createHash('sha256').update(decisionSubject(run, request)).digest('hex') };
};

/** Of another call than decisions are about here. */
export const callFinished = (output: string): WorkerEvent => ({
  type: 'call.finished',
  v: 2,
  call: 'call_0',
  outcome: 'ok',
  output,
  outputBlob: null,
  exitCode: 0,
  durationMs: 12,
  fingerprint: `read:${output}`,
  checkpoint: null,
  refusedHosts: [],
  reachedHosts: [],
});

export const object = { commit: '1'.repeat(40), tree: '2'.repeat(40) };

export const roundFinished: WorkerEvent = {
  type: 'round.finished',
  v: 1,
  head: object,
  changes: '3'.repeat(64),
  patch: '4'.repeat(64),
  files: 1,
  additions: 2,
  deletions: 1,
};

export const ended = (until: Extract<WorkerEvent, { type: 'activation.ended' }>['until']): WorkerEvent => ({
  type: 'activation.ended',
  v: 2,
  until,
});

/** So many events of the feed after a position; without a filter, of all tenants and runs. */
export const feedOf = async (
  store: Pick<Store, 'feedPage'>,
  { tenant = null, run = null }: { readonly tenant?: string | null; readonly run?: string | null },
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<readonly RunEvent[]> => {
  const { events } = await store.feedPage({ tenant, run }, after, { rows: limit, bytes: Number.MAX_SAFE_INTEGER });
  return events.map(({ json }): RunEvent => JSON.parse(json));
};
