import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { encode } from '@jridgewell/sourcemap-codec';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Seen } from './lines.ts';
import { sourceOf } from './source.ts';
import { readV8 } from './v8.ts';

/** What is read of what a process of Node counted, for files of a tree. */
const reading = (files: Readonly<Record<string, string>>, { fresh = false, root = '/workspace' } = {}) => {
  const seen = new Seen();
  const doubtful = new Set<string>();
  return {
    sources: new Map(Object.entries(files).map(([name, text]) => [name, sourceOf(text)])),
    pathOf: (url: string) => (url.startsWith(`file://${root}/`) ? fileURLToPath(url).slice(root.length + 1) : null),
    isFresh: async () => fresh,
    seen,
    doubtful,
    of: (name: string) => {
      const { run, missed } = seen.of(name);
      return { run: [...run].toSorted((a, b) => a - b), missed: [...missed].toSorted((a, b) => a - b) };
    },
  };
};

const nothing = { run: [], missed: [] };

/** A script of which the stretches were not run. */
const script = (url: string, length: number, ...left: readonly (readonly [number, number])[]) => ({
  scriptId: '1',
  url: `file:///workspace/${url}`,
  functions: [
    { functionName: '', isBlockCoverage: true, ranges: [{ startOffset: 0, endOffset: length, count: 1 }] },
    ...left.map(([startOffset, endOffset]) => ({
      functionName: 'f',
      isBlockCoverage: false,
      ranges: [{ startOffset, endOffset, count: 0 }],
    })),
  ],
});

const written = (result: readonly object[], maps: object = {}): string =>
  JSON.stringify({ result, timestamp: 1, 'source-map-cache': maps });

const code = `// The cart.
const used = (x) => {
  return x + 1;
};

function unused(y) {
  const twice = y * 2;

  return twice;
}

exports.used = used;
`;
const unused = [code.indexOf('function unused'), code.indexOf('}\n\nexports') + 1] as const;

describe('a file that Node ran as it is', () => {
  test('has lines that were run and lines that were not; blank ones, brackets and comments are neither', async () => {
    const at = reading({ 'a.js': code });
    expect(await readV8(written([script('a.js', code.length, unused)]), at)).toBe(true);
    expect(at.of('a.js')).toEqual({ run: [2, 3, 12], missed: [6, 7, 9] });
  });

  test('is the same with line breaks and a byte order mark of another system', async () => {
    const text = code.replaceAll('\n', '\r\n');
    const at = reading({ 'a.js': `\uFEFF${text}` });
    const left = [text.indexOf('function unused'), text.indexOf('}\r\n\r\nexports') + 1] as const;
    await readV8(written([script('a.js', text.length, left)]), at);
    expect(at.of('a.js')).toEqual({ run: [2, 3, 12], missed: [6, 7, 9] });
  });

  test('was run where any process ran it', async () => {
    const at = reading({ 'a.js': code });
    await readV8(written([script('a.js', code.length, unused)]), at);
    await readV8(written([script('a.js', code.length)]), at);
    expect(at.of('a.js')).toEqual({ run: [2, 3, 6, 7, 9, 12], missed: [] });
  });

  test('says nothing of a line on which a function begins that nobody called', async () => {
    const text = 'export const never = (x) => x.bar;\nexport const always = 1;\n';
    const at = reading({ 'a.js': text });
    await readV8(written([script('a.js', text.length, [text.indexOf('(x)'), text.indexOf(';')])]), at);
    expect(at.of('a.js')).toEqual({ run: [2], missed: [] });
  });
});

test('a script that is not the text of the file tells nothing of it, and puts in doubt what others say was left out', async () => {
  const at = reading({ 'a.js': code });
  await readV8(written([script('a.js', code.length + 60, unused)]), at);
  expect(at.of('a.js')).toEqual(nothing);
  expect([...at.doubtful]).toEqual(['a.js']);
});

test('scripts outside of the tree, of Node itself and of other files are passed by', async () => {
  const at = reading({ 'a.js': code });
  const others = ['node:fs', 'file:///etc/passwd', 'evalmachine.<anonymous>', 'file:///workspace/../a.js', ''];
  const scripts = others.map((url) => ({ ...script('', code.length), url }));
  expect(await readV8(written([...scripts, script('b.js', code.length)]), at)).toBe(true);
  expect([at.of('a.js'), at.doubtful.size]).toEqual([nothing, 0]);
});

test('where a program has its processes count for itself, others may have run what these did not', async () => {
  const at = reading({ 'a.js': code });
  const tool = script('node_modules/c8/bin/c8.js', 100);
  expect(await readV8(written([tool, script('a.js', code.length, unused)]), at)).toBe(false);
  expect(at.of('a.js').run).toEqual([2, 3, 12]);
});

describe('a script with a source map', () => {
  const source =
    'interface Cart {\n  sum: number;\n}\nexport const sum = (cart: Cart) => {\n  return cart.sum;\n};\nsum();\n';
  const compiled = 'const sum = (cart) => {\n  return cart.sum;\n};\nsum();\n';
  const cache = (data: object) => ({
    'file:///workspace/dist/a.js': {
      url: 'a.js.map',
      lineLengths: compiled.split('\n').map((line) => line.length),
      data,
    },
  });
  const mappings = encode([[[0, 0, 3, 0]], [[2, 0, 4, 2]], [[0, 0, 5, 0]], [[0, 0, 6, 0]], []]);
  const map = { version: 3, sources: ['../src/a.ts'], mappings };
  const body = [compiled.indexOf('  return'), compiled.indexOf('};')] as const;
  const scripts = [script('dist/a.js', compiled.length, body)];

  test('tells of its source, if the map holds the text of it', async () => {
    const at = reading({ 'src/a.ts': source });
    await readV8(written(scripts, cache({ ...map, sourcesContent: [source] })), at);
    expect(at.of('src/a.ts')).toEqual({ run: [4, 7], missed: [5] });
  });

  test('tells nothing, if it was made of another text, or nobody knows of which', async () => {
    for (const sourcesContent of [[`${source}// `], [null], undefined, null]) {
      const at = reading({ 'src/a.ts': source });
      await readV8(written(scripts, cache({ ...map, sourcesContent })), at);
      expect(at.of('src/a.ts')).toEqual(nothing);
      expect([...at.doubtful]).toEqual(['src/a.ts']);
    }
  });

  test('tells of its source, if the command itself has built it', async () => {
    const at = reading({ 'src/a.ts': source }, { fresh: true });
    await readV8(written(scripts, cache(map)), at);
    expect(at.of('src/a.ts')).toEqual({ run: [4, 7], missed: [5] });
  });

  test('tells nothing with a map that cannot be read, or that leads outside', async () => {
    const bad = [
      { ...map, mappings: '!!!' },
      { ...map, mappings: 7 },
      { ...map, sources: ['../../src/a.ts', 'http://[', '/etc/passwd', null] },
      { sections: [] },
    ];
    for (const data of bad) {
      const at = reading({ 'src/a.ts': source }, { fresh: true });
      expect(await readV8(written(scripts, cache(data)), at)).toBe(true);
      expect(at.of('src/a.ts').run).toEqual([]);
    }
  });
});

describe('what is no coverage', () => {
  test.each(['', '{', '[]', 'null', '{"result":{}}', '{"result":[],"source-map-cache":[]}', '\u0000'])(
    'is not read: %j',
    async (text) => {
      expect(await readV8(text, reading({ 'a.js': code }))).toBe(false);
    },
  );

  test('tells nothing, whatever its ranges are, and in time', async () => {
    const offset = fc.oneof(fc.nat(code.length + 2), fc.constantFrom(-1, 1.5, 1e300, code.length));
    const range = fc.record({ startOffset: offset, endOffset: offset, count: fc.constantFrom(0, 1, -1, 2 ** 53) });
    const functions = fc.array(fc.record({ ranges: fc.array(range) }));
    await fc.assert(
      fc.asyncProperty(functions, async (all) => {
        const at = reading({ 'a.js': code });
        await readV8(written([{ url: 'file:///workspace/a.js', functions: all }]), at);
        const { run, missed } = at.of('a.js');
        for (const line of [...run, ...missed]) expect(line).toBeLessThan(13);
      }),
    );
    const text = 'x'.repeat(1_000_000);
    const at = reading({ 'a.js': text });
    const all = Array.from({ length: 10_000 }, (): readonly [number, number] => [0, text.length]);
    await readV8(written([script('a.js', text.length, ...all)]), at);
    expect([...at.doubtful]).toEqual(['a.js']);
  });
});

describe('what this Node leaves', () => {
  const run = promisify(execFile);

  /** Runs a file of a folder with its lines counted, and reads that. */
  const counted = async (files: Readonly<Record<string, string>>, ...words: readonly string[]) => {
    const root = await mkdtemp(path.join(tmpdir(), 'longhaul-lines-'));
    await using _ = { [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }) };
    for (const [name, text] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(root, name)), { recursive: true });
      await writeFile(path.join(root, name), text);
    }
    const counts = path.join(root, 'counts');
    await run(process.execPath, [...words], { cwd: root, env: { ...process.env, NODE_V8_COVERAGE: counts } });
    const at = reading(files, { root });
    for (const name of await readdir(counts)) await readV8(await readFile(path.join(counts, name), 'utf8'), at);
    return at;
  };

  test('of CommonJS, of modules and of TypeScript, in which types are no code', async () => {
    const at = await counted(
      {
        'main.mjs': "import { used } from './a.js';\nimport { typed } from './b.ts';\nused(1);\ntyped({ sum: 1 });\n",
        'a.js': code,
        'b.ts':
          'interface Cart {\n  sum: number;\n}\n\nexport const typed = (cart: Cart): number => cart.sum;\nexport const never = (cart: Cart): number => {\n  return cart.sum;\n};\n',
      },
      'main.mjs',
    );
    expect(at.of('a.js')).toEqual({ run: [2, 3, 12], missed: [6, 7, 9] });
    expect(at.of('b.ts')).toEqual({ run: [5], missed: [7] });
    expect(at.of('main.mjs')).toEqual({ run: [1, 2, 3, 4], missed: [] });
    expect([...at.doubtful]).toEqual([]);
  });

  test('of tests that Node runs in processes of their own', async () => {
    const at = await counted(
      { 'a.js': code, 'a.test.js': "require('node:test')('used', () => require('./a.js').used(1));\n" },
      '--test',
    );
    expect(at.of('a.js')).toEqual({ run: [2, 3, 12], missed: [6, 7, 9] });
  });

  test('of what another program evaluated under the name of a file: nobody can tell its lines', async () => {
    const at = await counted(
      {
        'a.js': code,
        'main.cjs':
          "require('./a.js');\nconst { readFileSync } = require('node:fs');\nconst text = `(function (exports) {${readFileSync('a.js')}})`;\nrequire('node:vm').runInThisContext(text, { filename: require.resolve('./a.js') })({});\n",
      },
      'main.cjs',
    );
    expect([...at.doubtful]).toEqual(['a.js']);
  });
});
