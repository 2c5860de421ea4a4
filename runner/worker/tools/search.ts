import { findInside } from './inside.ts';
import { headOf, outputBytes } from './output.ts';
import { defineTool, done, failed, type ToolResult } from './tool.ts';

const timeoutMs = 60_000;
const keptBytes = 1024 * 1024;
const mostLines = 200;
/** Characters of one matching line. */
const longestLine = 300;
/** Matches of one file, so that a single generated file does not use up the whole output. */
const mostInFile = 50;

const options = [
  '--no-config',
  '--crlf',
  '--line-number',
  '--no-heading',
  '--with-filename',
  '--color=never',
  '--sort=path',
  '--hidden',
  '--no-require-git',
  `--max-count=${mostInFile}`,
  `--max-columns=${longestLine}`,
  '--max-columns-preview',
];

export const search = defineTool({
  name: 'search',
  description:
    'Search file contents with a regular expression (ripgrep). Gives path:line:text for each matching line, sorted by path; files that git ignores and binary files are left out.',
  run: async ({ pattern, path, glob }, context) => {
    const inside = await findInside({ root: context.root, path: path ?? '.' });
    if (inside.outcome === 'refused') return failed(inside.message);
    if (inside.outcome === 'missing') return failed(`${inside.shown} does not exist. Use list to find the folder.`);
    const argv: [string, ...string[]] = [context.ripgrep, ...options];
    if (glob !== null) argv.push(`--glob=${glob}`);
    // Without a path, ripgrep would rather read its standard input.
    argv.push('--glob=!**/.git', `--regexp=${pattern}`, '--', `./${inside.shown}`);
    const result = await context.sandbox.run(
      { argv, timeoutMs, network: [], maxOutputBytes: keptBytes },
      { signal: context.signal },
    );
    if (result.outcome !== 'exited')
      return failed('The search was stopped before it ended. Search a smaller folder, or with a simpler pattern.');
    if (result.exitCode === 1)
      return done(
        `Nothing matches ${pattern}${inside.shown === '.' ? '' : ` in ${inside.shown}`}${glob === null ? '' : ` in files like ${glob}`}.`,
      );
    if (result.exitCode !== 0) return failed(headOf(`The search failed:\n${result.output}`, outputBytes));
    return matches(result.output);
  },
});

const matches = (output: string): ToolResult => {
  const lines = output
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^\.\/(?:\.\/)?/, '').replace(/\r$/, ''));
  const text = `${lines.join('\n')}\n`;
  const body = headOf(`${lines.slice(0, mostLines).join('\n')}\n`, outputBytes - 200);
  const left = lines.length - (body.match(/\n/g)?.length ?? 0);
  return left === 0
    ? done(text)
    : done(`${body}[${left} more lines left out. Narrow the search by a path, a glob or a longer pattern.]\n`, text);
};
