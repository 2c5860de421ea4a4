import type { RunState } from '../../shared/run/state.ts';
import { calls, scripted, type Asked } from '../fakes/openai/index.ts';
import { repositoryWith } from './repository.ts';

/** Asks a person once, before it writes; what it wrote twice would show. */
export const asksOnce = scripted([
  calls('bash', { command: 'echo once >> log.txt', timeoutSeconds: null, network: null }),
  calls('bash', { command: 'cat log.txt', timeoutSeconds: null, network: null }),
  ({ entries }: Asked) =>
    calls('finish', {
      summary: 'It is written.',
      claims: [{ text: 'Once', calls: [entries.findLast(({ by }) => by === 'call')!.call!] }],
    }),
]);

/** The task that this is the script of. */
export const asksOnceInput = {
  goal: 'Write the log.',
  verification: [{ command: 'test "$(cat log.txt)" = once', network: [], timeoutSeconds: 30 }],
  setup: [],
  policy: {
    rules: [
      {
        id: 'writing',
        verdict: 'ask' as const,
        reason: 'It writes the log.',
        tool: ['bash' as const],
        command: 'echo',
        examples: { matches: [{ tool: 'bash' as const, command: 'echo x' }], not: [] },
      },
    ],
    otherwise: { reads: 'allow' as const, changes: 'allow' as const, network: 'ask' as const },
  },
};

export const someRepository = () => repositoryWith({ 'readme.txt': 'A log.\n' });
export const waits = ({ status }: RunState) => status === 'waiting';
