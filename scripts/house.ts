// The house in figures: files, lines, functions, cycles, the longest way from one module to another. `npm run house` prints them;
// with --check it says what breaks a rule and fails, with --floors of circles and floors alone; with --json it prints all for a program.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';

const usage = `Usage: npm run house [-- --check | --floors | --json]
  --check   print only what breaks a rule, and fail if anything does
  --floors  the same of circles and floors alone, without lengths
  --json    print the figures for a program`;

/** Lines: what a person reads at one sitting. */
const most = { file: 350, function: 80 };

/** Who may stand on whom. A folder that is not named may be imported by all. */
const floors: readonly { readonly of: string; readonly never: readonly string[]; readonly but?: string }[] = [
  { of: 'shared/', never: ['runner/', 'extension/'] },
  {
    of: 'shared/text/',
    never: [
      'shared/tool/',
      'shared/policy/',
      'shared/decision/',
      'shared/run/',
      'shared/recipe/',
      'shared/review/',
      'shared/api/',
      'shared/client/',
    ],
  },
  {
    of: 'shared/tool/',
    never: [
      'shared/policy/',
      'shared/decision/',
      'shared/run/',
      'shared/recipe/',
      'shared/review/',
      'shared/api/',
      'shared/client/',
    ],
  },
  {
    of: 'shared/policy/',
    never: ['shared/decision/', 'shared/run/', 'shared/recipe/', 'shared/review/', 'shared/api/', 'shared/client/'],
  },
  {
    of: 'shared/decision/',
    never: ['shared/run/', 'shared/recipe/', 'shared/review/', 'shared/api/', 'shared/client/'],
  },
  { of: 'shared/run/', never: ['shared/recipe/', 'shared/review/', 'shared/api/', 'shared/client/'] },
  { of: 'shared/recipe/', never: ['shared/api/', 'shared/client/'] },
  { of: 'shared/review/', never: ['shared/api/', 'shared/client/'] },
  { of: 'runner/', never: ['extension/'] },
  {
    of: 'runner/machine/',
    never: ['runner/sandbox/', 'runner/worker/', 'runner/control/', 'runner/trigger-dev/', 'runner/cli/'],
  },
  {
    of: 'runner/sandbox/',
    never: ['shared/run/', 'runner/worker/', 'runner/control/', 'runner/trigger-dev/', 'runner/cli/'],
  },
  { of: 'runner/worker/', never: ['runner/control/', 'runner/trigger-dev/', 'runner/cli/'] },
  // Ports of the worker, and their adapters.
  { of: 'runner/worker/models/', never: ['runner/worker/workspace/'] },
  { of: 'runner/worker/workspace/', never: ['runner/worker/models/'] },
  { of: 'runner/control/', never: ['runner/worker/', 'runner/sandbox/', 'runner/cli/'] },
  {
    of: 'runner/local/',
    never: ['runner/sandbox/', 'runner/worker/', 'runner/control/', 'runner/trigger-dev/', 'runner/cli/'],
  },
  { of: 'runner/trigger-dev/', never: ['runner/cli/'] },
  // The one way to find and to start a runner of this machine is the command line's and the editor's.
  { of: 'extension/', never: ['runner/'], but: 'runner/local/' },
  { of: 'extension/ground/', never: ['extension/features/'] },
];

interface Source {
  readonly file: string;
  readonly lines: number;
  readonly imports: readonly string[];
  readonly functions: readonly { readonly name: string; readonly lines: number }[];
  /** Where members are private by a word, which only the compiler keeps, and not by #. */
  readonly privates: readonly string[];
  /** Constants of the module that are written in capitals: as C has them are only those that C names. */
  readonly shouted: readonly string[];
}

/** SQLite's codes, and the system's errors. */
const namedByC = (name: string): boolean => name.startsWith('SQLITE_') || name in constants.errno;
const isShouted = (name: string): boolean => /^[A-Z][A-Z0-9]+(_[A-Z0-9]+)*$/.test(name) && !namedByC(name);

const isTest = (file: string): boolean => /(\.test|\/fixture)\.ts$/.test(file);

const sources = (): readonly Source[] => {
  const listed = execFileSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', 'extension', 'runner', 'shared'],
    {
      encoding: 'utf8',
    },
  );
  const files = listed.split('\n').filter((file) => file.endsWith('.ts') && !isTest(file));
  const known = new Set(files);
  return files.map((file) => readSource(file, known));
};

const readSource = (file: string, known: ReadonlySet<string>): Source => {
  const text = readFileSync(file, 'utf8');
  const { program, module } = parseSync(file, text);
  const lineAt = (offset: number): number => text.slice(0, offset).split('\n').length;
  const specifiers = [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest }) => moduleRequest?.value ?? []),
    ),
    ...module.dynamicImports.map(({ moduleRequest }) => text.slice(moduleRequest.start + 1, moduleRequest.end - 1)),
  ];
  const imports = specifiers
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => path.posix.join(path.posix.dirname(file), specifier))
    .filter((to) => known.has(to));
  const functions: { name: string; lines: number }[] = [];
  const privates: string[] = [];
  const keep = (member: { readonly accessibility?: string | null; readonly start: number }): void => {
    if (member.accessibility === 'private') privates.push(`${file}:${lineAt(member.start)}`);
  };
  const shouted = program.body
    .map((statement) => (statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement))
    .flatMap((statement) => (statement?.type === 'VariableDeclaration' ? statement.declarations : []))
    .flatMap(({ id }) => (id.type === 'Identifier' && isShouted(id.name) ? [`${id.name} in ${file}`] : []));
  const measure = (node: { readonly start: number; readonly end: number }): void => {
    const first = lineAt(node.start);
    functions.push({ name: `${file}:${first}`, lines: lineAt(node.end) - first + 1 });
  };
  new Visitor({
    FunctionDeclaration: measure,
    FunctionExpression: measure,
    ArrowFunctionExpression: measure,
    PropertyDefinition: keep,
    MethodDefinition: (member) => {
      if (member.kind !== 'constructor') keep(member);
    },
  }).visit(program);
  return { file, lines: text.split('\n').length - 1, imports: [...new Set(imports)], functions, privates, shouted };
};

type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** Groups of nodes of which each can be reached from each (Tarjan); those of one node are left out. */
const cyclesIn = (graph: Graph): readonly (readonly string[])[] => {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (node: string): void => {
    index.set(node, index.size);
    low.set(node, index.size - 1);
    stack.push(node);
    for (const to of graph.get(node) ?? []) {
      if (!index.has(to)) visit(to);
      if (stack.includes(to)) low.set(node, Math.min(low.get(node) ?? 0, low.get(to) ?? 0));
    }
    if (low.get(node) !== index.get(node)) return;
    const group = stack.splice(stack.indexOf(node));
    if (group.length > 1) found.push(group.toSorted());
  };
  for (const node of graph.keys()) if (!index.has(node)) visit(node);
  return found;
};

/** Folders by whom they import. A folder's own modules and those of the folders in it are told apart. */
const foldersOf = (all: readonly Source[]): Graph => {
  const graph = new Map<string, Set<string>>();
  for (const { file, imports } of all) {
    const from = path.posix.dirname(file);
    const to = graph.get(from) ?? new Set();
    for (const other of imports) if (path.posix.dirname(other) !== from) to.add(path.posix.dirname(other));
    graph.set(from, to);
  }
  return graph;
};

/** The longest way along imports. There are no cycles of modules when this is asked; within one it stops. */
const longestChain = (graph: Graph): readonly string[] => {
  const known = new Map<string, readonly string[]>();
  const from = (node: string, above: ReadonlySet<string>): readonly string[] => {
    const seen = known.get(node);
    if (seen !== undefined) return seen;
    const ways = [...(graph.get(node) ?? [])]
      .filter((to) => !above.has(to))
      .map((to) => from(to, new Set([...above, node])));
    const way = [node, ...(ways.toSorted((a, b) => b.length - a.length)[0] ?? [])];
    known.set(node, way);
    return way;
  };
  return [...graph.keys()].map((node) => from(node, new Set())).toSorted((a, b) => b.length - a.length)[0] ?? [];
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const breaches = (all: readonly Source[]): readonly string[] =>
  all.flatMap(({ file, imports }) => {
    const feature = /^extension\/features\/[^/]+\//.exec(file)?.[0];
    return imports
      .filter(
        (to) =>
          floors.some(
            ({ of, never, but }) =>
              file.startsWith(of) &&
              never.some((folder) => to.startsWith(folder)) &&
              (but === undefined || !to.startsWith(but)),
          ) ||
          (feature !== undefined && to.startsWith('extension/features/') && !to.startsWith(feature)),
      )
      .map((to) => `${file} imports ${to}, which it does not stand on.`);
  });

const args = process.argv.slice(2);
if (args.some((arg) => !['--check', '--floors', '--json'].includes(arg))) {
  const help = args.includes('--help');
  console[help ? 'log' : 'error'](usage);
  process.exit(help ? 0 : 2);
}

const all = sources();
const modules: Graph = new Map(all.map(({ file, imports }) => [file, new Set(imports)]));
const files = all.map(({ lines }) => lines);
const functions = all.flatMap((source) => source.functions);
const longest = <T extends { readonly lines: number }>(of: readonly T[]): T | undefined =>
  of.toSorted((a, b) => b.lines - a.lines)[0];
const figures = {
  files: all.length,
  lines: files.reduce((sum, lines) => sum + lines, 0),
  medianFile: median(files),
  longestFile: longest(all.map(({ file, lines }) => ({ name: file, lines }))),
  functions: functions.length,
  medianFunction: median(functions.map(({ lines }) => lines)),
  longestFunction: longest(functions),
  moduleCycles: cyclesIn(modules),
  folderCycles: cyclesIn(foldersOf(all)),
  longestChain: longestChain(modules),
};
const lengths = [
  ...all
    .filter(({ lines }) => lines > most.file)
    .map(({ file, lines }) => `${file} has ${lines} lines, more than ${most.file}.`),
  ...functions
    .filter(({ lines }) => lines > most.function)
    .map(({ name, lines }) => `The function at ${name} has ${lines} lines, more than ${most.function}.`),
];
const circles = [
  ...figures.moduleCycles.map((cycle) => `Modules import each other: ${cycle.join(', ')}.`),
  ...figures.folderCycles.map((cycle) => `Folders import each other: ${cycle.join(', ')}.`),
  ...breaches(all),
  ...all.flatMap(({ privates }) => privates.map((at) => `The member at ${at} is private by a word; write it with #.`)),
  ...all.flatMap((source) =>
    source.shouted.map((name) => `The constant ${name} is written in capitals; write it in camel case.`),
  ),
];

const checks = args.includes('--check') || args.includes('--floors');
const troubles = args.includes('--floors') ? circles : [...lengths, ...circles];

if (args.includes('--json')) console.log(JSON.stringify({ ...figures, troubles }, null, 2));
else if (checks) for (const trouble of troubles) console.error(trouble);
else {
  const named = (of: { readonly name: string; readonly lines: number } | undefined): string =>
    of === undefined ? 'none' : `${of.lines} lines, ${of.name}`;
  console.log(`files            ${figures.files}, ${figures.lines} lines; tests are not counted
median file      ${figures.medianFile} lines
longest file     ${named(figures.longestFile)}
functions        ${figures.functions}
median function  ${figures.medianFunction} lines
longest function ${named(figures.longestFunction)}
module cycles    ${figures.moduleCycles.length}
folder cycles    ${figures.folderCycles.length}
longest chain    ${figures.longestChain.length} modules
${figures.longestChain.map((file) => `  ${file}`).join('\n')}`);
}
process.exit(checks && troubles.length > 0 ? 1 : 0);
