import type { PolicyCall } from '../policy/evaluate.ts';
import { toolArguments, ToolName } from './arguments.ts';

export type ParsedCall =
  | { readonly outcome: 'ok'; readonly tool: ToolName; readonly arguments: unknown; readonly call: PolicyCall }
  | { readonly outcome: 'invalid'; readonly message: string };

/** Checks a call's arguments by its tool's schema, and says what policy needs to know of it. */
export const parseCall = (tool: string, args: unknown): ParsedCall => {
  const name = ToolName.safeParse(tool);
  if (!name.success)
    return {
      outcome: 'invalid',
      message: `There is no tool ${JSON.stringify(tool)}. The tools are: ${ToolName.options.join(', ')}.`,
    };
  const parsed = toolArguments[name.data].safeParse(args);
  if (!parsed.success) {
    const issues = parsed.error.issues
      .map((issue) => `${issue.path.join('.') || 'arguments'}: ${issue.message}`)
      .join('; ');
    return { outcome: 'invalid', message: `The arguments do not fit the tool ${name.data}: ${issues}.` };
  }
  return { outcome: 'ok', tool: name.data, arguments: parsed.data, call: { tool: name.data, ...subject(parsed.data) } };
};

const subject = (args: object): Omit<PolicyCall, 'tool'> => ({
  command: 'command' in args && typeof args.command === 'string' ? args.command : null,
  paths:
    'path' in args && typeof args.path === 'string'
      ? [normalPath(args.path)]
      : 'patch' in args && typeof args.patch === 'string'
        ? patchPaths(args.patch)
        : [],
  // safe: the bash schema has been checked: an array of strings, or null
  network: 'network' in args && Array.isArray(args.network) ? (args.network as string[]) : [],
});

/** `./a//b/../c` is `a/c`; a leading `/workspace` is taken off. Paths that leave the workspace keep their `..` and fail later. */
export const normalPath = (path: string): string => {
  const parts: string[] = [];
  for (const part of path.replace(/^\/workspace(\/|$)/, '').split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else parts.push(part);
  }
  return parts.join('/') || '.';
};

/** The files that a patch names, in the form that apply_patch takes. */
export const patchPaths = (patch: string): string[] =>
  [...patch.matchAll(/^\*\*\* (?:Add File|Update File|Delete File|Move to): (.+)$/gm)].map((match) =>
    normalPath((match[1] ?? '').trim()),
  );
