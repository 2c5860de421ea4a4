import { execFileSync } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ToolName } from '../../../shared/tool/arguments.ts';
import { openTree, type Tree } from './fixture.ts';
import { tools } from './index.ts';

/** What a command can leave in a tree. Python gets by where a path is too long for one call, and a name is bytes. */
const makeScript = `
import os, socket, stat
open(b'not-\\xff-utf8', 'w').write('x'); os.mkdir(b'folder-\\xfe'); open(b'folder-\\xfe/in\\nside', 'w').write('y')
os.mkfifo('pipe'); s = socket.socket(socket.AF_UNIX); s.bind('socket')
try: os.mknod('device', stat.S_IFCHR | 0o666, os.makedev(1, 3))
except OSError: pass
os.symlink('loop-b', 'loop-a'); os.symlink('loop-a', 'loop-b'); os.symlink('.', 'self'); os.symlink('/etc/passwd', 'out'); os.symlink(b'\\xff', 'odd-link')
os.symlink('x' * 4000, 'long-link')
with open('huge', 'w') as f: f.truncate(1536 * 1024 ** 2)
with open('binary', 'wb') as f: f.write(bytes(range(256)))
with open('latin1', 'wb') as f: f.write(b'caf\\xe9\\n')
os.mkdir('closed'); open('closed/in', 'w').write('z'); os.mkdir('unsearchable'); open('unsearchable/in', 'w').write('z'); open('unreadable', 'w').write('z')
os.mkdir('sub'); open('sub/plain', 'w').write('plain\\n')
here = os.getcwd()
for n in range(5000): os.mkdir('deep'); os.chdir('deep')
os.chdir(here)
for name in [b'not-\\xff-utf8', 'closed/in', 'unsearchable/in']: os.chmod(name, 0o644)
os.chmod('unreadable', 0); os.chmod('closed', 0); os.chmod('unsearchable', 0o600)
`;

const names = [
  'not-\ufffd-utf8',
  'folder-\ufffd',
  'pipe',
  'socket',
  'device',
  'loop-a',
  'self',
  'out',
  'odd-link',
  'long-link',
  'huge',
  'binary',
  'latin1',
  'closed',
  'unsearchable',
  'in',
  'unreadable',
  'sub',
  'plain',
  'deep',
  'none',
  '.',
  '..',
  '.git',
  '',
  '\u0000',
  'a\nb',
  '\ud800',
  '-x',
  'x'.repeat(300),
];
const anyPath = fc.oneof(
  fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/')),
  fc.constantFrom(
    'deep/'.repeat(4990),
    'deep/'.repeat(800),
    '/workspace/sub/plain',
    '/etc/passwd',
    'self/'.repeat(39),
    'self/'.repeat(50),
  ),
);
const anyText = fc.constantFrom('plain\n', '', 'z', '\u0000', '\ud800', '(', 'x'.repeat(100_000));

/** Arguments that fit the schema of each tool that touches the tree. */
const callsOf = (tool: ToolName): fc.Arbitrary<object> | null => {
  switch (tool) {
    case 'read':
      return anyPath.map((given) => ({ path: given, from: null, lines: null }));
    case 'list':
      return fc.record({ path: anyPath, depth: fc.constantFrom(null, 1, 3) });
    case 'search':
      return fc.record({ pattern: anyText, path: anyPath, glob: fc.constantFrom(null, '*', '[') });
    case 'edit':
      return fc.record({ path: anyPath, old: anyText, new: anyText });
    case 'write':
      return fc.record({ path: anyPath, content: anyText });
    case 'apply_patch':
      return fc
        .record({ given: anyPath, what: fc.constantFrom('Update', 'Delete', 'Add'), to: anyPath })
        .map(({ given, what, to }) => ({
          patch: `*** Begin Patch\n*** ${what} File: ${given}\n${what === 'Update' ? `*** Move to: ${to}\n@@\n-plain\n+x\n` : what === 'Add' ? '+x\n' : ''}*** End Patch`,
        }));
    case 'bash':
      return anyText.map((command) => ({ command, network: [], timeoutSeconds: 5 }));
    case 'plan':
    case 'ask':
    case 'finish':
      return null;
  }
};

const make = async (): Promise<Tree> => {
  const tree = await openTree({}, { sandboxed: true });
  execFileSync('python3', ['-c', makeScript], { cwd: tree.root, ...tree.context.owner });
  return tree;
};

describe.each(ToolName.options.filter((name) => callsOf(name) !== null))('%s', (name) => {
  test('gives a result for every path of a tree that was made to break it', { timeout: 600_000 }, async () => {
    await using tree = await make();
    const calls = callsOf(name) ?? fc.constant({});
    await fc.assert(
      fc.asyncProperty(calls, async (args) => {
        const result = await tree.run(tools[name], args).catch((error: unknown) => expectSchema(error));
        expect(['ok', 'error']).toContain(result?.outcome ?? 'error');
      }),
      { numRuns: name === 'search' || name === 'bash' ? 15 : 150 },
    );
    execFileSync('chmod', ['u+rwx', 'closed', 'unsearchable'], { cwd: tree.root });
  });
});

/** Arguments that the schema refuses never get to a tool; anything else that is thrown is what this is about. */
const expectSchema = (error: unknown): null => {
  expect(error).toMatchObject({ name: 'ZodError' });
  return null;
};

test('a folder is listed whatever is in it', async () => {
  await using tree = await make();
  const { outcome, output } = await tree.run(tools.list, { path: null, depth: 2 });
  expect(outcome).toBe('ok');
  expect(output).toContain('not-\\xff-utf8  1\n');
  expect(output).toContain('folder-\\xfe/\n  in\\x0aside  1\n');
  expect(output).toContain('pipe  (no ordinary file)\n');
  expect(output).toContain('odd-link -> \\xff\n');
  execFileSync('chmod', ['u+rwx', 'closed', 'unsearchable'], { cwd: tree.root });
});

/** Texts for which the platform's own search, and a comparison of each line with each, would take minutes to hours. */
const large = 10_000_000;
test.each<[string, string, string]>([
  ['an almost periodic text', 'a'.repeat(large), `b${'a'.repeat(100_000)}`],
  ['a text that occurs everywhere', 'a'.repeat(large), 'a'.repeat(100_000)],
  ['a great many equal lines', 'x\n'.repeat(large / 2), `${'x\n'.repeat(50_000)}y`],
  [
    'equal lines in a file that is small enough to say what is near',
    'x\n'.repeat(900_000),
    `${' x\n'.repeat(50_000)}y`,
  ],
])('an edit of %s ends at once', async (_, text, old) => {
  await using tree = await openTree({ file: text });
  const began = process.cpuUsage();
  expect(await tree.run(tools.edit, { path: 'file', old, new: 'z' })).toMatchObject({ outcome: 'error' });
  expect(process.cpuUsage(began).user / 1e6).toBeLessThan(15);
});

test('a patch of a file of millions of lines ends at once, and one that fits is applied', async () => {
  await using tree = await openTree({ file: `${'x\n'.repeat(3_000_000)}end\n` });
  const patch = (lines: readonly string[]): object => ({
    patch: `*** Begin Patch\n*** Update File: file\n@@\n${lines.join('\n')}\n*** End Patch`,
  });
  const many = Array.from({ length: 5_000 }, () => ' x');
  const began = process.cpuUsage();
  expect(await tree.run(tools.apply_patch, patch([...many, '-y', '+z']))).toMatchObject({ outcome: 'error' });
  expect(await tree.run(tools.apply_patch, patch([' x', '-end', '+END']))).toMatchObject({ outcome: 'ok' });
  expect(process.cpuUsage(began).user / 1e6).toBeLessThan(30);
});
