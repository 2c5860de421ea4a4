import type { Sabotage } from './world.ts';

/** A defence that can be switched off, and the problems that show that it is. */
export interface Defence {
  /** What there is where it is off. */
  readonly without: string;
  readonly sabotage: Sabotage;
  readonly shows: RegExp;
}

const forgettingFences: Sabotage = {
  write: (write, state) => {
    const { command } = write;
    if (command.kind !== 'append' || state?.status !== 'working') return write;
    return { ...write, command: { ...command, activation: state.activation, fence: state.fence } };
  },
};

const forgettingBatches: Sabotage = {
  write: (write) => {
    const { batch: _batch, ...options } = write.options;
    return { ...write, options };
  },
};

const withoutDeadlines: Sabotage = {
  write: (write) => ({ ...write, options: { ...write.options, leaseUntil: Number.MAX_SAFE_INTEGER } }),
};

/** The worker's own judgement: the control plane judges after it. */
const askingNobody: Sabotage = {
  write: (write) => {
    const { command } = write;
    if (command.kind !== 'append') return write;
    const events = command.events.map((event) =>
      event.type === 'call.judged' ? { ...event, verdict: 'allow' as const } : event,
    );
    return { ...write, command: { ...command, events } };
  },
};

const lettingCallsOut: Sabotage = {
  task: ({ policy, ...task }) => ({
    ...task,
    policy: { ...policy, otherwise: { ...policy.otherwise, network: 'allow' } },
  }),
};

const losingAtStops: Sabotage = {
  write: (write) =>
    write.command.kind === 'return' ? { ...write, command: { ...write.command, kind: 'lose' as const } } : write,
};

/** Nobody notices that the role is another's: neither who had it, nor the store. */
const forgettingTheRole: Sabotage = {
  keepsRole: true,
  write: (write) => ({ ...write, options: { ...write.options, role: null } }),
};

/** By the name that `WITHOUT=…` takes. */
export const defences = {
  fences: {
    without: 'a store that forgets fences',
    sabotage: forgettingFences,
    shows: /twice|its head has|is by/,
  },
  batches: {
    without: 'a store that writes a batch again when it is sent again',
    sabotage: forgettingBatches,
    shows: /twice|its head has|state says|never began/,
  },
  deadlines: { without: 'leases that never run out', sabotage: withoutDeadlines, shows: /it came to no end/ },
  restores: {
    without: 'a restore that restores nothing',
    sabotage: { restoresNothing: true },
    shows: /its head has/,
  },
  trees: {
    without: 'two leases that work in one tree',
    sabotage: { sharesTrees: true, sparesWorkers: true },
    shows: /its head has/,
  },
  judging: {
    without: 'a worker that asks nobody where policy has a person asked',
    sabotage: askingNobody,
    shows: /refused what its worker sent/,
  },
  policy: {
    without: 'a policy that has nobody asked about calls that act outside',
    sabotage: lettingCallsOut,
    shows: /was begun \d+ times on 0 approvals/,
  },
  roles: {
    without: 'control planes that go on in a role that another has by now',
    sabotage: forgettingTheRole,
    shows: /of the role was let act/,
  },
  commits: {
    without: 'commits that nobody hears of',
    sabotage: { announces: () => false },
    shows: /no worker was asked for/,
  },
  stops: { without: 'a stop in order that counts as a loss', sabotage: losingAtStops, shows: /a stop in order/ },
  messages: { without: 'a worker that is told of no message', sabotage: { deaf: true }, shows: /nobody read/ },
} satisfies Record<string, Defence>;

/** Throws for a name that no defence has. */
export const defenceNamed = (name: string): Defence => {
  const found = Object.entries(defences).find(([key]) => key === name);
  if (found === undefined)
    throw new Error(`WITHOUT=${name}: there is no such defence. There are: ${Object.keys(defences).join(', ')}`);
  return found[1];
};
