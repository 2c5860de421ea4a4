import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { nearestTests, packageOf } from './packages.ts';

const repository = (files: Readonly<Record<string, string>>): string => {
  const root = mkdtempSync(join(tmpdir(), 'packages-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(root, dirname(file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return root;
};

test('the nearest manifests count, up to the root', async () => {
  const root = repository({
    'go.mod': 'module x\n',
    'web/package.json': '{"scripts": {"test": "vitest"}}',
    'web/src/a.ts': '',
    'api/package.json': '{}',
    'api/src/b.ts': '',
  });
  expect(await nearestTests(root, 'web/src')).toEqual({
    folder: 'web',
    tests: [{ file: 'package.json', command: 'npm test' }],
  });
  const ofRoot = { folder: '', tests: [{ file: 'go.mod', command: 'go test ./...' }] };
  expect(await nearestTests(root, 'api/src')).toEqual(ofRoot);
  expect(await nearestTests(root, '')).toEqual(ofRoot);
  expect([await packageOf(root, 'api/src'), await packageOf(root, 'docs')]).toEqual(['api', '']);
});

test('without any there is nothing, and a link is not followed', async () => {
  const root = repository({ 'src/a.ts': '', 'elsewhere.txt': '' });
  symlinkSync(join(root, 'elsewhere.txt'), join(root, 'pytest.ini'));
  expect(await nearestTests(root, 'src')).toBeNull();
  expect(await packageOf(root, 'src')).toBe('');
});
