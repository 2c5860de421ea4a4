import { t } from '@vscode/l10n';
import { fenced } from '../text/fenced.ts';

/** Where a delegation was called from. Paths are relative to the repository, lines count from 1. */
export type Origin =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'goal'; readonly goal: string; readonly paths: readonly string[] }
  /** The task of another run, once more. */
  | { readonly kind: 'again'; readonly goal: string }
  | { readonly kind: 'files'; readonly paths: readonly string[] }
  | {
      readonly kind: 'selection';
      readonly path: string;
      readonly from: number;
      readonly to: number;
      readonly text: string;
    }
  | {
      readonly kind: 'problem';
      readonly path: string;
      readonly line: number;
      readonly message: string;
      /** Who reports it and as what, such as `ts 2345`; empty: unknown. */
      readonly source: string;
    }
  | {
      readonly kind: 'test';
      readonly label: string;
      readonly path: string | null;
      readonly line: number | null;
      /** Why it failed, which may be told without a word (empty). Null: nobody here knows whether it does. */
      readonly failure: string | null;
      /** It is a file or a suite, with tests in it. */
      readonly several: boolean;
    }
  | { readonly kind: 'changes'; readonly paths: readonly string[] };

/** What the goal begins as. */
export interface Prefill {
  /** One line, for the input box. */
  readonly text: string;
  /** True: it says all; false: it says where, and the person says what. */
  readonly whole: boolean;
  /** What the agent is told besides, below what the person typed; empty: nothing. */
  readonly context: string;
}

/** Files that are named one by one; of more, the first and how many others. */
const namedPaths = 8;
/** Characters of a selection or of a failure that go along: some hundred lines. The agent reads files itself. */
const contextCharacters = 12_000;

export const prefillOf = (origin: Origin): Prefill => {
  switch (origin.kind) {
    case 'nothing':
      return { text: '', whole: false, context: '' };
    case 'goal':
      return {
        text: oneLine(origin.goal),
        whole: origin.goal.trim() !== '',
        context: origin.paths.length === 0 ? '' : `It is about ${named(origin.paths)}.`,
      };
    case 'again': {
      // The box has one line; what is below it goes along as it is.
      const [first = '', ...rest] = origin.goal.trim().split('\n');
      return { text: first.trim(), whole: true, context: rest.join('\n').trim() };
    }
    case 'files':
      return { text: `${t('In {0}:', named(origin.paths))} `, whole: false, context: '' };
    case 'selection':
      return {
        text: `${t('In {0}:', `${origin.path}:${lines(origin.from, origin.to)}`)} `,
        whole: false,
        context: origin.text.trim() === '' ? '' : `The selected lines are:\n\n${quoted(origin.text)}`,
      };
    case 'problem': {
      const source = origin.source === '' ? '' : ` (${origin.source})`;
      const place = `${origin.path}:${origin.line}`;
      return {
        text: t('Fix the problem in {0}: {1}', place, `${oneLine(origin.message)}${source}`),
        whole: true,
        context: origin.message.includes('\n') ? `The whole message is:\n\n${quoted(origin.message)}` : '',
      };
    }
    case 'test': {
      const { failure } = origin;
      return {
        text: testGoal(origin),
        whole: true,
        context: failure === null || failure.trim() === '' ? '' : `It fails with:\n\n${quoted(failure)}`,
      };
    }
    case 'changes':
      return {
        text: `${t('In my uncommitted changes to {0}:', named(origin.paths))} `,
        whole: false,
        context: '',
      };
  }
};

/** VS Code tells nobody how a test of another extension ended; only whoever calls from a failure knows of one. */
const testGoal = ({ failure, several, label, path, line }: Extract<Origin, { kind: 'test' }>): string => {
  const name = oneLine(label);
  if (path === null) {
    if (failure !== null)
      return several ? t('Make the failing tests of "{0}" pass', name) : t('Make the failing test "{0}" pass', name);
    return several
      ? t('Make sure that all tests of "{0}" pass', name)
      : t('Make sure that the test "{0}" passes', name);
  }
  const place = line === null ? path : `${path}:${line}`;
  if (failure !== null)
    return several
      ? t('Make the failing tests of "{0}" in {1} pass', name, place)
      : t('Make the failing test "{0}" in {1} pass', name, place);
  return several
    ? t('Make sure that all tests of "{0}" in {1} pass', name, place)
    : t('Make sure that the test "{0}" in {1} passes', name, place);
};

/** The goal as the agent gets it. */
export const goalOf = (typed: string, { context }: Prefill): string =>
  [typed.trim(), context].filter(Boolean).join('\n\n');

/** Why this cannot be a goal, or null. Without `needed`, where it was called from, or nothing, is enough. */
export const goalTrouble = (typed: string, prefill: Prefill, needed = true): string | null => {
  if (!needed) return null;
  const text = typed.trim();
  if (text === '') return t('Say what the agent shall do.');
  return !prefill.whole && text === prefill.text.trim() ? t('Say what the agent shall do there.') : null;
};

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

const lines = (from: number, to: number): string => (to > from ? `${from}-${to}` : String(from));

const named = (paths: readonly string[]): string =>
  paths.length <= namedPaths
    ? paths.join(', ')
    : `${paths.slice(0, namedPaths).join(', ')} and ${paths.length - namedPaths} more`;

/** As much of a text as goes along, for Markdown. */
const quoted = (text: string): string =>
  fenced(
    text.length > contextCharacters ? `${text.slice(0, contextCharacters)}\n… (the rest is left out)` : text.trimEnd(),
  );
