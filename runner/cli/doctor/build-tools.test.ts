import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { buildToolChecks } from './build-tools.ts';

/** A folder with these programs. */
const folderWith = (...programs: readonly string[]): string => {
  const folder = mkdtempSync(path.join(tmpdir(), 'tools-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const program of programs) writeFileSync(path.join(folder, program), '#!/bin/sh\n', { mode: 0o755 });
  return folder;
};

test('of each tool that loads what it needs doctor says what setup has to do, and how to run it without network', () => {
  const PATH = ['relative', folderWith('mvn', 'uv'), folderWith('gradle', 'dotnet', 'make')].join(path.delimiter);
  const checks = buildToolChecks({ PATH });
  expect(checks.map(({ name, outcome }) => [name, outcome])).toEqual([
    ['mvn', 'ok'],
    ['gradle', 'ok'],
    ['uv', 'ok'],
    ['dotnet', 'ok'],
  ]);
  for (const { detail } of checks) expect(detail).toMatch(/have setup do it, with its hosts \(.*network: \[/);
});

test('of what is not there it says nothing', () => {
  expect(buildToolChecks({ PATH: folderWith('make') })).toEqual([]);
  expect(buildToolChecks({})).toEqual([]);
});
