/** A worker that takes its lease, asks one question and parks; when it was answered, it asks the next. */
import { createHash } from 'node:crypto';
import { createTRPCClient, httpLink } from '@trpc/client';
import type { FromChild, ToChild } from '../../runner/machine/processes/child-protocol.ts';
import type { ApiRouter } from '../../shared/api/router.ts';
import { decisionSubject } from '../../shared/decision/decision.ts';

const say = (message: FromChild): void => void process.send?.(message);

const work = async ({ url, token, run, activation }: Extract<ToChild, { kind: 'run' }>['ticket']): Promise<void> => {
  const client = createTRPCClient<ApiRouter>({
    links: [httpLink({ url: `${url}/trpc`, headers: { authorization: `Bearer ${token}` } })],
  });
  const leased = await client.worker.lease.mutate({ run, activation, worker: `${process.pid}` });
  if (leased.outcome === 'refused') throw new Error(leased.refusal.message);
  const asked = {
    id: `dec_${activation.slice('act_'.length)}`,
    kind: 'question' as const,
    requester: { turn: 0, call: null },
    action: 'Go on?',
    tool: null,
    arguments: {},
    tree: null,
    reason: '',
    consequence: '',
    expiresAt: '2100-01-01T00:00:00.000Z',
    onExpiry: '',
    choices: [],
  };
  const hash = createHash('sha256').update(decisionSubject(run, asked)).digest('hex');
  const parked = await client.worker.append.mutate({
    run,
    activation,
    fence: leased.fence,
    batch: 1,
    after: 0,
    events: [
      { type: 'decision.requested', v: 3, request: { ...asked, hash } },
      { type: 'activation.ended', v: 2, until: { kind: 'decision', decision: asked.id } },
    ],
  });
  if (parked.outcome === 'refused') throw new Error(parked.refusal.message);
  say({ kind: 'done', activation, left: null });
};

process.on('message', (raw) => {
  const message = raw as ToChild; // safe: only the engine under test is at the other end
  if (message.kind === 'run') void work(message.ticket);
  if (message.kind === 'stop') process.exit(0);
});
process.on('disconnect', () => process.exit(0));
say({ kind: 'ready' });
