import type { Command } from '@commander-js/extra-typings';
import type { CommandContext } from './context.ts';
import type { ExitCode } from './exit.ts';

/** What a command does, given its own arguments and options as it defines them. */
export type Perform<Own extends unknown[]> = (context: CommandContext, ...own: Own) => Promise<ExitCode>;

/** Makes it an action of commander. */
export type Act = <Own extends unknown[]>(
  perform: Perform<Own>,
) => (...all: [...own: Own, command: unknown]) => Promise<void>;

/** Gives a command its arguments, options, help and action. Called only for the command that is used. */
export type Define = (command: Command, act: Act) => void;
