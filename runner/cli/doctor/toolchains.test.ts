import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { judgeToolchains } from './toolchains.ts';
import { shellToolchains } from '../../machine/config/shell-toolchains.ts';

/** A home with these files; what begins with -> is a link. */
const homeWith = (files: Readonly<Record<string, string>>): string => {
  const home = mkdtempSync(path.join(tmpdir(), 'shell-'));
  chmodSync(home, 0o755);
  onTestFinished(() => rmSync(home, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(home, name)), { recursive: true });
    if (text.startsWith('->')) symlinkSync(text.slice(2), path.join(home, name));
    else writeFileSync(path.join(home, name), text, { mode: 0o755 });
  }
  return home;
};

describe('the toolchain of the shell is found where its manager keeps it', () => {
  test.each([
    [
      'pyenv',
      '.pyenv/shims',
      'python3',
      '.pyenv/versions/3.12.1',
      {
        '.pyenv/shims/python3': '#!',
        '.pyenv/version': '3.12.1\n',
        '.pyenv/versions/3.12.1/bin/python3': '',
        '.pyenv/versions/3.11.0/bin/python3': '',
      },
    ],
    [
      'nvm',
      '.nvm/versions/node/v24.1.0/bin',
      'node',
      '.nvm/versions/node/v24.1.0',
      { '.nvm/versions/node/v24.1.0/bin/node': '' },
    ],
    [
      'rustup',
      '.cargo/bin',
      'cargo',
      '.rustup/toolchains/stable-x',
      {
        '.cargo/bin/rustup': '',
        '.cargo/bin/cargo': '->rustup',
        '.rustup/settings.toml': 'default_toolchain = "stable-x"\n',
        '.rustup/toolchains/stable-x/bin/cargo': '',
        '.rustup/toolchains/nightly-x/bin/cargo': '',
      },
    ],
    [
      'asdf',
      '.asdf/shims',
      'ruby',
      '.asdf/installs/ruby/3.3.0',
      {
        '.asdf/shims/ruby': '#!',
        '.tool-versions': 'nodejs 22.0.0\nruby 3.3.0\n',
        '.asdf/installs/ruby/3.3.0/bin/ruby': '',
        '.asdf/installs/ruby/2.7.0/bin/ruby': '',
      },
    ],
    [
      'mise',
      '.local/share/mise/installs/go/1.23.1/bin',
      'go',
      '.local/share/mise/installs/go/1.23.1',
      { '.local/share/mise/installs/go/1.23.1/bin/go': '' },
    ],
    [
      'mise',
      '.local/share/mise/shims',
      'go',
      '.local/share/mise/installs/go/1.23.1',
      { '.local/share/mise/shims/go': '#!', '.local/share/mise/installs/go/1.23.1/bin/go': '' },
    ],
    [null, 'tools/jdk/bin', 'java', 'tools/jdk', { 'tools/jdk/bin/java': '' }],
  ] as const)('%s in %s', (...[by, onPath, program, folder, files]) => {
    const home = homeWith(files);
    const env = { PATH: `/nowhere:${path.join(home, onPath)}:/usr/bin` };
    const found = shellToolchains(env, { home, readable: [] }).filter((one) => one.program === program);
    expect(found).toEqual([{ program, by, folder: path.join(home, folder), open: expect.any(Boolean) }]);
    const readable = [path.join(home, folder)];
    expect(shellToolchains(env, { home, readable }).filter((one) => one.program === program)).toEqual([]);
  });

  test('which of several is in use is not guessed', () => {
    const home = homeWith({
      '.pyenv/shims/python3': '',
      '.pyenv/versions/3.12.1/bin/python3': '',
      '.pyenv/versions/3.11.0/bin/python3': '',
    });
    const found = shellToolchains({ PATH: path.join(home, '.pyenv/shims') }, { home, readable: [] });
    expect(found).toEqual([{ program: 'python3', by: 'pyenv', folder: null, open: false }]);
  });

  test('what /usr has is seen anyway', () => {
    expect(shellToolchains({ PATH: '/usr/bin:/bin' }, { home: '/home/me', readable: [] })).toEqual([]);
  });
});

describe('the doctor proposes the line that shows it', () => {
  const known = { readable: ['/opt/node'], file: '/home/me/config.yaml', root: true };
  const python = { program: 'python3', by: 'pyenv', folder: '/srv/pyenv/versions/3.12.1', open: true };

  test('with what is shown already', () => {
    expect(judgeToolchains([python], known)).toEqual([
      {
        name: 'toolchains',
        outcome: 'warn',
        detail: 'commands see those of /usr, /opt/node, and not what this shell has: python3 (pyenv)',
        remedy:
          'To show them, read-only, put into /home/me/config.yaml:\nsandbox:\n  readable: [/opt/node, /srv/pyenv/versions/3.12.1]',
      },
    ]);
  });

  test.each([
    [{ ...python, open: false }, /only root can get to \/srv\/pyenv\/versions\/3\.12\.1/],
    [{ ...python, folder: null }, /which version is in use is not known/],
  ])('or says why not: %o', (found, remedy) => {
    expect(judgeToolchains([found], known)).toMatchObject([{ outcome: 'warn', remedy: expect.stringMatching(remedy) }]);
  });

  test('or nothing, where there is nothing to show', () => {
    expect(judgeToolchains([], known)).toEqual([
      { name: 'toolchains', outcome: 'ok', detail: 'commands see those of /usr, /opt/node', remedy: '' },
    ]);
  });
});
