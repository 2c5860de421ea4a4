import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { commandIn, commandWithout } from './command-folder.ts';

test('at the root a command is as it was typed', () => {
  expect(commandIn('', 'npm test')).toBe('npm test');
});

test.each(['packages/web', '-odd', "it's a; $(touch pwned)", 'a\nb'])('in the folder %j it runs there', (folder) => {
  const root = mkdtempSync(join(tmpdir(), 'folder-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, folder), { recursive: true });
  const command = commandIn(folder, 'pwd -P | tr -d "\\n"; printf .');
  expect(execFileSync('sh', ['-c', command], { cwd: root }).toString()).toBe(
    `${join(root, folder).replaceAll('\n', '')}.`,
  );
  expect(commandWithout(folder, commandIn(folder, 'npm test'))).toBe('npm test');
  expect(commandWithout(folder, 'npm test')).toBe('npm test');
});
