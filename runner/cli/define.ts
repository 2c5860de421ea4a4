import type { Command } from 'commander';
import type { CommandContext } from './context.ts';
import type { ExitCode } from './exit.ts';

/** Wraps what a command does into an action of commander: `context` first, then the command's arguments and options. */
export type Act = (
  perform: (context: CommandContext, ...args: never[]) => Promise<ExitCode>,
) => (...all: unknown[]) => Promise<void>;

/** Gives a command its arguments, options, help and action. Called only for the command that is used. */
export type Define = (command: Command, act: Act) => void;
