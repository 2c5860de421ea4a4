import { z } from 'zod';

/** What becomes an argument of a program or of a system call. */
const argument = z
  .string()
  .min(1)
  .refine((text) => !text.includes('\0'), 'a NUL character cannot be in it');

const path = argument.describe('Path relative to the workspace root');

/** In the one form that rules and the proxy compare: lower case, no scheme, no port, no dot at the end. */
export const HostName = z
  .string()
  .max(253)
  .regex(
    /^(?:\*\.)?[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/,
    'expected a host name in lower case such as packages.example.org or *.example.org, without scheme and port',
  );

/**
 * The arguments of every tool, as the model gives them and as a person may edit them. Optional means nullable:
 * strict function schemas require every property.
 */
export const toolArguments = {
  read: z.strictObject({
    path,
    from: z.int().positive().nullable().describe('First line, from 1; null: the beginning'),
    lines: z.int().positive().nullable().describe('How many lines; null: up to 400'),
  }),
  search: z.strictObject({
    pattern: argument.describe('Regular expression (ripgrep syntax)'),
    path: path.nullable().describe('Folder or file to search; null: everywhere'),
    glob: argument.nullable().describe('Only files that match, such as *.ts'),
  }),
  list: z.strictObject({
    path: path.nullable().describe('Folder; null: the root'),
    depth: z.int().min(1).max(8).nullable().describe('Levels below it; null: 1'),
  }),
  edit: z.strictObject({
    path,
    old: z.string().min(1).describe('Text to replace: must occur exactly once'),
    new: z.string().describe('Text to put there'),
  }),
  write: z.strictObject({ path, content: z.string().describe('The whole new content') }),
  bash: z.strictObject({
    command: argument.describe('Shell command, run in the workspace root in a sandbox'),
    timeoutSeconds: z.int().min(1).max(1800).nullable().describe('null: 120'),
    network: z.array(HostName).max(20).nullable().describe('Host names it must reach; needs approval; null: none'),
  }),
  apply_patch: z.strictObject({ patch: z.string().min(1).describe('A patch from *** Begin Patch to *** End Patch') }),
  plan: z.strictObject({
    steps: z
      .array(z.strictObject({ text: z.string().min(1), status: z.enum(['pending', 'active', 'done']) }))
      .min(1)
      .max(30),
  }),
  ask: z.strictObject({
    question: z.string().min(1),
    choices: z.array(z.string().min(1)).max(8).describe('Answers to choose from; empty: free text'),
  }),
  finish: z.strictObject({
    summary: z.string().min(1).describe('What was done and why, for the reviewer'),
    claims: z
      .array(
        z.strictObject({
          text: z.string().min(1),
          calls: z.array(z.string().min(1)).min(1).describe('Ids of the calls that show it'),
        }),
      )
      .max(30),
    /** What is wanted as the result, where that is no diff; how it is to be, the task says (`givenSchema`). */
    output: z.record(z.string(), z.json()).nullable().optional(),
  }),
} as const;

export type ToolName = keyof typeof toolArguments;
export type ToolArguments<Name extends ToolName> = z.infer<(typeof toolArguments)[Name]>;
export const ToolName = z.enum(
  // safe: the keys of a const object are its own names
  Object.keys(toolArguments) as [ToolName, ...ToolName[]],
);

/** What a call can do, which decides how it is judged and what a crash in its middle means. */
export type ToolNature = 'reads' | 'changes' | 'records';
export const toolNature: Record<ToolName, ToolNature> = {
  read: 'reads',
  search: 'reads',
  list: 'reads',
  edit: 'changes',
  write: 'changes',
  bash: 'changes',
  apply_patch: 'changes',
  plan: 'records',
  ask: 'records',
  finish: 'records',
};
