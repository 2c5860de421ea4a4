import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { indent } from './text.ts';

export interface CommandHelp {
  /** What it does, beyond its one line: paragraphs, with an empty line between two. Wrapped by whoever prints it. */
  readonly about?: string;
  /** A command and what it is for. */
  readonly examples: readonly (readonly [command: string, purpose: string])[];
  /** What stdout holds with --json. */
  readonly json: string;
  /** Exit codes beyond 0 done, 1 failed, 2 wrong usage. */
  readonly exits?: readonly (readonly [code: number, meaning: string])[];
}

const standard: readonly (readonly [number, string])[] = [
  [0, 'done'],
  [1, 'failed; stderr says why and what to do'],
  [2, 'wrong usage'],
];

/** Gives a command its help: what it does before its options; examples, JSON and exit codes after them. */
export const explain = (command: CommandUnknownOpts, { about, examples, json, exits = [] }: CommandHelp): void => {
  const codes = [...standard.filter(([code]) => !exits.some(([own]) => own === code)), ...exits].sort(
    ([a], [b]) => a - b,
  );
  const parts = [
    `Examples:\n${examples.map(([line, purpose]) => `  ${line}\n      ${purpose}`).join('\n')}`,
    `With --json:\n${indent(json.trim(), '  ')}`,
    `Exit codes:\n${codes.map(([code, meaning]) => `  ${String(code).padEnd(3)} ${meaning}`).join('\n')}`,
  ];
  if (about !== undefined)
    command.description(`${command.description()}\n\n${about.replaceAll(/(?<!\n)\n(?!\n)/g, ' ')}`);
  command.addHelpText('after', `\n${parts.join('\n\n')}\n`);
};

export const runArgument = 'number, id, beginning of an id, or "latest"';
export const decisionArgument = 'id of a decision, the beginning of it, or the run that asks it';

/** What the commands that do one thing to a run print. */
export const runJson = '{"run": …}: the run after it, as an entry of "longhaul runs --json".';
