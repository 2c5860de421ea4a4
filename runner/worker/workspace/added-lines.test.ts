import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createFixture } from '../../machine/git/fixture.ts';
import { readAddedLines } from './added-lines.ts';

test('lines that a tree adds are told by file; those of a renamed file are the ones that differ, and links and binary content have none', async () => {
  await using fixture = await createFixture();
  const ten = Array.from({ length: 10 }, (_, index) => `line ${index}\n`);
  fixture.write('changed.js', 'one\ntwo\nthree\n');
  fixture.write('old name.js', ten.join(''));
  fixture.write('gone.js', 'gone\n');
  await fixture.git('add', '--all');
  const from = await fixture.commit('before');
  fixture.write('changed.js', 'one\nTWO\nthree\nfour');
  fixture.write('new "ü" name.js', ten.with(3, 'another\n').join(''));
  fixture.write('binary', Buffer.from([0, 10, 0, 10]));
  fixture.write('new.js', 'a\nb\n');
  symlinkSync('new.js', join(fixture.repo, 'link'));
  await fixture.git('rm', '-q', 'gone.js', 'old name.js');
  await fixture.git('add', '--all');
  const to = await fixture.commit('after');

  const added = await readAddedLines({ gitDirectory: join(fixture.repo, '.git') }, { from, to });
  expect(Object.fromEntries(added)).toEqual({
    'changed.js': [2, 4],
    'new "ü" name.js': [4],
    'new.js': [1, 2],
  });
});
