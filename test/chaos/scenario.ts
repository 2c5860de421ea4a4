import type { DelegateInput } from '../../shared/api/runner-api.ts';
import { calls, scripted, together, type Asked } from '../fakes/openai/index.ts';
import { repositoryWith } from '../harness/repository.ts';

/** Commands print nothing that differs from run to run, and doing one twice would show: a line too many, a file too few. */
const bash = (command: string) => calls('bash', { command, timeoutSeconds: null, network: null });
const idsOf = ({ entries }: Asked, text: string): string[] =>
  entries
    .filter((entry) => entry.by === 'call' && entry.text.includes(text))
    .flatMap(({ call }) => (call === null ? [] : [call]));

/** Sixteen calls of every kind, one of which a person approves, one that fails, one that policy denies. */
export const script = scripted([
  together(
    calls('plan', { steps: [{ text: 'Keep the journal', status: 'active' }] }),
    calls('list', { path: null, depth: 2 }),
    calls('read', { path: 'notes.txt', from: null, lines: null }),
  ),
  together(bash('echo first >> journal.txt'), bash('echo second >> journal.txt; exit 3')),
  calls('edit', { path: 'notes.txt', old: 'alpha', new: 'beta' }),
  together(
    calls('write', { path: 'src/new.txt', content: 'new\n' }),
    calls('write', { path: '.git/config', content: 'x' }),
  ),
  together(bash('rm old.txt && echo removed >> journal.txt'), bash('echo third >> journal.txt')),
  calls('apply_patch', { patch: '*** Begin Patch\n*** Update File: notes.txt\n@@\n-beta\n+gamma\n*** End Patch' }),
  together(
    calls('search', { pattern: 'gamma', path: null, glob: null }),
    bash('mkdir -p deep/er && cp notes.txt deep/er/ && echo fourth >> journal.txt'),
  ),
  together(bash('wc -l < journal.txt'), calls('read', { path: 'journal.txt', from: null, lines: null })),
  (asked) =>
    calls('finish', {
      summary: 'The journal is kept.',
      claims: [{ text: 'It has five lines', calls: idsOf(asked, 'wc -l') }],
    }),
]);

export const scenarioRepository = (): Promise<string> =>
  repositoryWith({ 'notes.txt': 'alpha\nomega\n', 'old.txt': 'old\n', 'src/keep.txt': 'kept\n' });

export const scenarioInput = {
  goal: 'Keep the journal.',
  verification: [
    { command: 'test "$(wc -l < journal.txt)" = 5 && test ! -e old.txt', network: [], timeoutSeconds: 30 },
  ],
  setup: [],
  policy: {
    rules: [
      {
        id: 'removal',
        verdict: 'ask',
        reason: 'It removes files.',
        tool: ['bash'],
        command: 'rm',
        examples: { matches: [{ tool: 'bash', command: 'rm x' }], not: [{ tool: 'bash', command: 'ls' }] },
      },
      {
        id: 'git',
        verdict: 'deny',
        reason: 'Not for the agent.',
        path: '.git/**',
        examples: { matches: [{ tool: 'write', path: '.git/config' }], not: [{ tool: 'write', path: 'a' }] },
      },
    ],
    otherwise: { reads: 'allow', changes: 'allow', network: 'ask' },
  },
} satisfies Partial<DelegateInput>;
