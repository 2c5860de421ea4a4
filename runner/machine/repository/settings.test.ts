import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { createFixture, type Fixture } from '../git/fixture.ts';
import { settingsOfFolder } from './settings.ts';

const config = '.longhaul/config.yaml';
/** Two branches, each with settings of its own: those of `main`, and those of somebody's pull request. */
const upstream = async (): Promise<Fixture> => {
  const fixture = await createFixture();
  fixture.write(config, 'model: trusted\n');
  await fixture.commit('First');
  await fixture.git('checkout', '-q', '-b', 'pull');
  fixture.write(config, 'egress: [evil.example.org]\n');
  await fixture.commit('Let me out');
  await fixture.git('checkout', '-q', 'main');
  return fixture;
};
const read = async (folder: string) => {
  const { settings, notes } = await settingsOfFolder(folder);
  return { text: settings?.files.find((file) => file.path === 'config.yaml')?.text ?? null, notes };
};
const unread = (why: string) => ({
  text: null,
  notes: [`The settings in .longhaul are not read, because its default branch is not known. ${why}`],
});
const unknownRemote = unread(
  "This clone does not know its remote's. To have its settings read: git remote set-head origin --auto",
);

describe('the settings of a repository', () => {
  test.each<readonly [string, readonly (readonly string[])[], object]>([
    [
      'a clone, whatever is checked out, are those of the default branch of its remote',
      [
        ['clone', '-q', 'UPSTREAM', 'HERE'],
        ['-C', 'HERE', 'checkout', '-q', 'pull'],
      ],
      { text: 'model: trusted\n', notes: [] },
    ],
    [
      'a clone of a single other branch are nobody’s',
      [['clone', '-q', '--single-branch', '--branch', 'pull', 'UPSTREAM', 'HERE']],
      unknownRemote,
    ],
    [
      'a pull request that was fetched into an empty repository with that remote are nobody’s',
      [
        ['init', '-q', '-b', 'main', 'HERE'],
        ['-C', 'HERE', 'remote', 'add', 'origin', 'UPSTREAM'],
        ['-C', 'HERE', 'fetch', '-q', 'origin', 'pull:review'],
        ['-C', 'HERE', 'checkout', '-q', 'review'],
      ],
      unknownRemote,
    ],
  ])('of %s', async (_name, commands, expected) => {
    await using fixture = await upstream();
    const here = path.join(fixture.folder, 'here');
    for (const words of commands)
      await fixture.git(...words.map((word) => (word === 'HERE' ? here : word === 'UPSTREAM' ? fixture.repo : word)));
    expect(await read(here)).toEqual(expected);
  });

  test('without a remote are those of main, or of the only branch there is, whatever it is called', async () => {
    await using fixture = await upstream();
    await fixture.git('checkout', '-q', 'pull');
    expect(await read(fixture.repo)).toEqual({ text: 'model: trusted\n', notes: [] });
    await fixture.git('branch', '-m', 'main', 'trunk');
    expect(await read(fixture.repo)).toEqual(
      unread('Of its branches none is called main or master. Call the branch that its settings are read from main.'),
    );
    await fixture.git('checkout', '-q', 'trunk');
    await fixture.git('branch', '-D', '-q', 'pull');
    expect(await read(fixture.repo)).toEqual({ text: 'model: trusted\n', notes: [] });
  });

  test.each<readonly [string, (fixture: Fixture) => void, string]>([
    [
      'a link to a file',
      (fixture) => {
        fixture.write('tools/lh.yaml', 'x');
        mkdirSync(path.join(fixture.repo, '.longhaul'));
        symlinkSync('../tools/lh.yaml', path.join(fixture.repo, config));
      },
      '".longhaul/config.yaml" on main is a link',
    ],
    [
      'in a folder that is a link',
      (fixture) => {
        fixture.write('tools/config.yaml', 'x');
        symlinkSync('tools', path.join(fixture.repo, '.longhaul'));
      },
      '".longhaul" on main is a link',
    ],
    [
      'of another ending',
      (fixture) => fixture.write('.longhaul/config.yml', 'x'),
      '".longhaul/config.yml" on main is a file',
    ],
    [
      'in a folder of other case',
      (fixture) => fixture.write('.Longhaul/config.yaml', 'x'),
      '".Longhaul" on main is a folder',
    ],
  ])('that are %s are not read, and that is said', async (_, lay, said) => {
    await using fixture = await createFixture();
    fixture.write('a.txt', 'a');
    lay(fixture);
    await fixture.commit('First');
    const { text, notes } = await read(fixture.repo);
    expect({ text, notes }).toEqual({
      text: null,
      notes: [`${said} and is not read: settings are a plain file .longhaul/config.yaml.`],
    });
  });

  test('that there are none of are no reason to say anything', async () => {
    await using fixture = await createFixture();
    fixture.write('a.txt', 'a\n');
    await fixture.commit('First');
    await fixture.git('remote', 'add', 'origin', '/nowhere');
    expect(await read(fixture.repo)).toEqual({ text: null, notes: [] });
  });
});
