import type { RunEvent } from '../../shared/run/events.ts';
import { calls, type Script } from '../fakes/openai/index.ts';
import { repositoryWith } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';
import type { Bench } from './rows.ts';
import { eventOf, timeOf } from './run-times.ts';
import { inMs, p50, quantile } from './statistics.ts';

const decisions = 35;
const warm = 5;

/** Asks for a command in each turn, a different one each time, or it would count as stuck. */
const script: Script = (_asked, { turn }) =>
  turn < decisions + warm
    ? calls('bash', { command: `true ${turn}`, timeoutSeconds: null, network: null })
    : calls('finish', { summary: 'All were approved.', claims: [] });

const asksForCommands = {
  rules: [
    {
      id: 'commands',
      verdict: 'ask' as const,
      reason: 'It is a command.',
      tool: ['bash' as const],
      examples: { matches: [{ tool: 'bash' as const, command: 'true' }], not: [{ tool: 'read' as const, path: 'a' }] },
    },
  ],
  otherwise: { reads: 'allow' as const, changes: 'allow' as const, network: 'ask' as const },
};

export interface WakeTimes {
  /** ms from the approval to the lease, and to the start of the approved call. */
  readonly leases: readonly number[];
  readonly starts: readonly number[];
}

/** From a person's approval, sent by their client, to the call that it lets go, begun by a warm worker: a parked run held neither. */
export const wakeTimes = async (env: Readonly<Record<string, string>>): Promise<WakeTimes> => {
  await using rig = await Rig.start({ script, env: { LONGHAUL_WORKERS: '2', ...env } });
  const repository = await repositoryWith({ 'a.txt': 'a\n' });
  const input = { repository, goal: 'Ask.', setup: [], verification: [], policy: asksForCommands };
  const { id } = await rig.delegate(input);
  const leases: number[] = [];
  const starts: number[] = [];
  let after: RunEvent | null = null;
  for (let round = 0; round < decisions + warm; round += 1) {
    const asked: RunEvent = await eventOf(rig, id, { type: 'decision.requested', after });
    if (asked.body.type !== 'decision.requested') throw new Error('that was no decision');
    const parked = await eventOf(rig, id, { type: 'activation.ended', after: asked });
    const { id: decision, hash } = asked.body.request;
    const sent = Date.now();
    await rig.api.decisions.decide.mutate({ run: id, decision, hash, verdict: { kind: 'approved' } });
    const started: RunEvent = await eventOf(rig, id, { type: 'call.started', after: parked });
    const leased = await eventOf(rig, id, { type: 'activation.leased', after: parked });
    after = started;
    if (round < warm) continue;
    leases.push(timeOf(leased) - sent);
    starts.push(timeOf(started) - sent);
  }
  return { leases, starts };
};

export const wake: Bench = {
  name: 'wake',
  run: async () => {
    const { leases, starts } = await wakeTimes({});
    return [
      {
        what: 'wake: approval sent to the approved call begun',
        value: p50(starts),
        unit: 'ms',
        target: { at: 'below', value: 100 },
        note: `p50 of ${decisions}; p95 ${inMs(quantile(starts, 0.95))}; the worker's lease after ${inMs(p50(leases))}, p95 ${inMs(quantile(leases, 0.95))}`,
      },
    ];
  },
};
