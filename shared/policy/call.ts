import type { PolicyCall } from './evaluate.ts';
import { toolArguments, ToolName, type ToolArguments } from '../tool/arguments.ts';
import { issueText } from '../tool/issues.ts';
import { changedPaths, parsePatch } from '../tool/patch.ts';

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
  if (!parsed.success)
    return {
      outcome: 'invalid',
      message: `The arguments do not fit the tool ${name.data}: ${issueText(parsed.error, 'arguments')}.`,
    };
  const paths = pathsOf(parsed.data);
  if (paths.outcome === 'invalid') return paths;
  const outside = paths.paths.find(leavesWorkspace);
  if (outside !== undefined) return { outcome: 'invalid', message: outsideText(outside) };
  return {
    outcome: 'ok',
    tool: name.data,
    arguments: parsed.data,
    call: {
      tool: name.data,
      command: 'command' in parsed.data ? parsed.data.command : null,
      paths: paths.paths.map(normalPath),
      network: 'network' in parsed.data ? (parsed.data.network ?? []) : [],
    },
  };
};

type Paths =
  | { readonly outcome: 'ok'; readonly paths: readonly string[] }
  | { readonly outcome: 'invalid'; readonly message: string };

const pathsOf = (args: ToolArguments<ToolName>): Paths => {
  if ('patch' in args) {
    const patch = parsePatch(args.patch);
    return patch.outcome === 'ok' ? { outcome: 'ok', paths: changedPaths(patch.changes) } : patch;
  }
  return { outcome: 'ok', paths: 'path' in args ? [args.path ?? '.'] : [] };
};

const root = '/workspace';

/** By what it says. Where its links lead, only who has the tree can tell. */
export const leavesWorkspace = (path: string): boolean =>
  (path.startsWith('/') && path !== root && !path.startsWith(`${root}/`)) || normalPath(path).split('/')[0] === '..';

export const outsideText = (path: string): string =>
  `${path} is outside of the workspace; only paths inside of it can be used.`;

/** `./a//b/../c` is `a/c`; a leading `/workspace` is taken off. Paths that leave the workspace keep their `..`. */
export const normalPath = (path: string): string => resolved(path.replace(/^\/workspace(\/|$)/, ''));

/** A path without what makes no difference in it; one that leads above where it begins keeps its `..`. */
export const resolved = (path: string): string => {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else parts.push(part);
  }
  return parts.join('/') || '.';
};
