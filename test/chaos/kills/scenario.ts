import { outsideHost } from '../../harness/outside.ts';
import { calls, scripted, together, type Asked } from '../../fakes/openai/index.ts';
import type { DelegateInput } from '../../../shared/api/runner-api.ts';

const bash = (command: string, network: readonly string[] | null = null) =>
  calls('bash', { command, timeoutSeconds: null, network });

/** What tells the requests of one run from those of another: its goal says it. */
const tokenIn = ({ entries }: Asked): string =>
  /token (k\d+)/.exec(entries.map(({ text }) => text).join('\n'))?.[1] ?? 'none';

const send = (asked: Asked, what: string) =>
  bash(`curl --silent --show-error --max-time 20 http://${outsideHost}/${tokenIn(asked)}/${what}`, [outsideHost]);

/** Files that git tracks and files that it ignores, several calls in a turn, three requests outside, and a child in the background. */
export const script = scripted([
  together(bash('echo first >> journal.txt; echo first >> ignored/journal.log'), bash('echo second >> journal.txt')),
  (asked) => together(send(asked, 'one'), bash('echo third >> journal.txt'), send(asked, 'two')),
  together(
    bash('(sleep 0.2; echo late >> ignored/late.log) & echo fourth >> journal.txt; wait'),
    bash('echo second >> ignored/journal.log'),
  ),
  (asked) => send(asked, 'three'),
  bash('cat ignored/setup.log ignored/journal.log ignored/late.log > seen.txt'),
  calls('finish', { summary: 'All is sent.', claims: [] }),
]);

export const files = { 'notes.txt': 'alpha\n', '.gitignore': 'ignored/\n' } as const;

export const input = (token: string) =>
  ({
    goal: `Send what is to be sent, token ${token}.`,
    setup: [{ command: 'mkdir -p ignored && echo set up >> ignored/setup.log', network: [], timeoutSeconds: 30 }],
    verification: [{ command: 'test "$(wc -l < journal.txt)" = 4', network: [], timeoutSeconds: 30 }],
  }) satisfies Partial<DelegateInput>;
