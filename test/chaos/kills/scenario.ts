import { outsideHost } from '../../harness/outside.ts';
import { calls, together, type Asked, type Script, type Step } from '../../fakes/openai/index.ts';
import type { DelegateInput } from '../../../shared/api/runner-api.ts';

const bash = (command: string, network: readonly string[] | null = null) =>
  calls('bash', { command, timeoutSeconds: null, network });

/** What tells the requests of one run from those of another: its goal says it. */
const tokenIn = ({ entries }: Asked): string =>
  /token (k\d+)/.exec(entries.map(({ text }) => text).join('\n'))?.[1] ?? 'none';

const send = (asked: Asked, what: string) =>
  bash(`curl --silent --show-error --max-time 20 http://${outsideHost}/${tokenIn(asked)}/${what}`, [outsideHost]);

const show = bash('cat ignored/setup.log ignored/journal.log ignored/late.log > seen.txt');
const finish = calls('finish', { summary: 'All is sent.', claims: [] });

/**
 * Files that git tracks and files that it ignores, several calls in a turn, requests outside (of which a person changes one, see
 * `person.ts`), a child in the background that is waited for and one that is left; then a second round. Each word is written once.
 */
const steps: readonly Step[] = [
  together(bash('echo first >> journal.txt; echo one >> ignored/journal.log'), bash('echo second >> journal.txt')),
  (asked) => together(send(asked, 'one'), bash('echo third >> journal.txt'), send(asked, 'two')),
  together(
    bash('(sleep 0.2; echo two >> ignored/late.log) & echo fourth >> journal.txt; wait'),
    bash('(sleep 2; echo orphan >> journal.txt; echo orphan >> ignored/late.log) & echo fifth >> journal.txt'),
    bash('echo three >> ignored/journal.log'),
  ),
  (asked) => send(asked, 'three'),
  show,
  finish,
  (asked) => together(send(asked, 'four'), bash('echo sixth >> journal.txt; echo four >> ignored/journal.log')),
  show,
  finish,
];

/** A turn more than there are comes where verification failed, and has nothing to add. */
export const script: Script = (asked, place) => {
  const step = steps[place.turn] ?? finish;
  return typeof step === 'function' ? step(asked, place) : step;
};

export const files = { 'notes.txt': 'alpha\n', '.gitignore': 'ignored/\n' } as const;

export const input = (token: string) =>
  ({
    goal: `Send what is to be sent, token ${token}.`,
    setup: [
      {
        command:
          'mkdir -p ignored && echo setup >> ignored/setup.log && echo setup >> setup.txt && touch ignored/late.log',
        network: [],
        timeoutSeconds: 30,
      },
    ],
    verification: [{ command: 'test -z "$(sort journal.txt | uniq --repeated)"', network: [], timeoutSeconds: 30 }],
  }) satisfies Partial<DelegateInput>;
