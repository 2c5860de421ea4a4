import { z } from 'zod';
import { RunId } from '../../../shared/ids.ts';

const Argument = z.union([
  RunId,
  z.object({ run: z.union([RunId, z.object({ id: RunId }).transform(({ id }) => id)]) }).transform(({ run }) => run),
  z.object({ id: RunId }).transform(({ id }) => id),
]);

/** The run that a command is called for: its id, or a tree's node or a state that has it. Null: the command names none. */
export const runArgument = (argument: unknown): string | null => Argument.safeParse(argument).data ?? null;
