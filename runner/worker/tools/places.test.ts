import { mkdir, mkdtempDisposable, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { defaultPolicy } from '../../../shared/policy/default.ts';
import { judgeCall } from '../../../shared/run/judge-call.ts';
import { placesOf } from './places.ts';

const tree = async () => {
  const folder = await mkdtempDisposable(path.join(tmpdir(), 'places-'));
  const root = folder.path;
  await mkdir(path.join(root, '.github/workflows'), { recursive: true });
  await mkdir(path.join(root, 'src'));
  await writeFile(path.join(root, '.github/workflows/ci.yml'), '');
  await symlink('.github', path.join(root, 'gh'));
  await symlink('gh/workflows', path.join(root, 'flows'));
  await symlink('/workspace/.github', path.join(root, 'by-root'));
  await symlink('../.github/workflows/ci.yml', path.join(root, 'src/ci.txt'));
  await symlink('/etc', path.join(root, 'etc'));
  return folder;
};

const write = (file: string) => ({ tool: 'write', args: { path: file, content: '' } });
const patch = (text: string) => ({ tool: 'apply_patch', args: { patch: `*** Begin Patch\n${text}\n*** End Patch` } });

test.each([
  ['a linked folder', write('gh/workflows/new.yml'), ['.github/workflows/new.yml']],
  ['a link through a link', write('flows/new.yml'), ['.github/workflows/new.yml']],
  ['an absolute link', write('by-root/x'), ['.github/x']],
  ['a linked file, with the link itself', write('src/ci.txt'), ['.github/workflows/ci.yml']],
  ['no link at all', write('src/new.ts'), []],
  ['a link that leads out', write('etc/passwd'), []],
  [
    'a patch',
    patch('*** Add File: gh/a.yml\n+x\n*** Delete File: src/ci.txt'),
    ['.github/a.yml', '.github/workflows/ci.yml'],
  ],
])('%s is judged by where it leads', async (_, call, places) => {
  await using folder = await tree();
  expect(await placesOf(folder.path, call)).toEqual(places);
});

test.each([
  write('gh/workflows/x.yml'),
  write('.GITHUB/workflows/x.yml'),
  write('.github\\workflows\\x.yml'),
  write('flows/x'),
])('the default policy has a person asked about %j', async ({ tool, args }) => {
  await using folder = await tree();
  const item = { id: 'call', tool, arguments: JSON.stringify(args) };
  expect(judgeCall(defaultPolicy, item, await placesOf(folder.path, { tool, args }))).toMatchObject({
    verdict: 'ask',
    rule: 'automation',
  });
});
