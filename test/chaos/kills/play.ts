import { setTimeout as pause } from 'node:timers/promises';
import { openDecisions, type RunState } from '../../../shared/run/state.ts';
import type { OutsideServer } from '../../harness/outside.ts';
import { repositoryWith } from '../../harness/repository.ts';
import type { Rig } from '../../harness/rig.ts';
import type { Random } from '../../simulation/random.ts';
import { count, type Counted } from './count.ts';
import type { Ground } from './ground.ts';
import { files, input } from './scenario.ts';

export interface Played {
  readonly kills: Readonly<Record<string, number>>;
  readonly runs: readonly Counted[];
}

/** Runs that are under way at the same time. */
const atOnce = 3;
/** Mean time between two kills, ms: about what a run needs from one append to the next few. */
const betweenMs = 400;

/** Has runs go on, one after the other, while something is killed now and then; the last ones are left in peace. */
export const playKills = async (
  ground: Ground,
  { kills, random, outside }: { readonly kills: number; readonly random: Random; readonly outside: OutsideServer },
): Promise<Played> => {
  const repository = await repositoryWith(files);
  const killed: Record<string, number> = {};
  const runs: Counted[] = [];
  const plan = { left: kills };
  let tokens = 0;
  const driver = async (): Promise<void> => {
    while (plan.left > 0) {
      tokens += 1;
      const token = `k${tokens}`;
      const id = await insist(ground, (rig) => delegate(rig, { token, repository }));
      const ended = await drive(ground, id);
      runs.push(count(ended, { token, requests: outside.requests }));
    }
  };
  const killer = async (): Promise<void> => {
    while (plan.left > 0) {
      await pause(random.wait(betweenMs));
      const victim = random.pick(ground.victims);
      await victim.kill();
      killed[victim.name] = (killed[victim.name] ?? 0) + 1;
      plan.left -= 1;
    }
  };
  await Promise.all([killer(), ...Array.from({ length: atOnce }, driver)]);
  return { kills: killed, runs };
};

const delegate = async (
  rig: Rig,
  { token, repository }: { readonly token: string; readonly repository: string },
): Promise<string> => (await rig.delegate({ ...input(token), repository, dedupeKey: token })).id;

/** Approves what is asked, and waits until the run is in review or over. */
const drive = async (ground: Ground, id: string) => {
  for (;;) {
    const state = await insist(ground, async (rig) => (await rig.api.runs.get.query({ run: id })) as RunState); // safe: what the API gives
    if (['reviewing', 'completed', 'failed', 'cancelled'].includes(state.status))
      return { state, events: await insist(ground, (rig) => rig.events(id)) };
    const [asked] = openDecisions(state).filter(({ status }) => status === 'pending');
    if (asked === undefined) await insist(ground, (rig) => rig.event(id, ({ seq }) => seq > state.seq, state.seq));
    else await insist(ground, (rig) => decide(rig, { id, decision: asked.request.id, hash: asked.request.hash }));
  }
};

const decide = async (
  rig: Rig,
  { id, decision, hash }: { readonly id: string; readonly decision: string; readonly hash: string },
): Promise<void> => {
  await rig.api.decisions.approve.mutate({ run: id, decision, hash }).catch((error: unknown) => {
    // The answer to an approval may be lost; and what is asked may have been taken back meanwhile.
    if (!/already made|no open decision|not what you were shown|is over/i.test(String(error))) throw error;
  });
};

/** Whoever serves may be killed at any time: asks again, of whichever is there. */
const insist = async <Answer>(ground: Ground, ask: (rig: Rig) => Promise<Answer>): Promise<Answer> => {
  for (let attempt = 0; ; attempt += 1) {
    const rig = ground.rigs[attempt % ground.rigs.length];
    try {
      if (rig === undefined) throw new Error('nobody serves');
      return await ask(rig);
    } catch (error) {
      if (
        !/fetch failed|terminated|ECONN|not running|socket|aborted|UND_ERR|503|database|unreachable/i.test(
          String(error),
        )
      )
        throw error;
      await pause(50);
    }
  }
};
