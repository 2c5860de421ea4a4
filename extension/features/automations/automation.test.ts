import { expect, test } from 'vitest';
import { automationsOf, type OpenRepository } from './automation.ts';
import { listed } from './fixture.ts';

const origin = 'https://github.com/acme/shop';
const shop: OpenRepository = { root: '/src/shop', origin, names: ['nightly', 'bugs'] };
const told = (...[triggers, open]: Parameters<typeof automationsOf>) =>
  automationsOf(triggers, open).map(({ name, repository, listed: of, file }) => [
    name,
    repository,
    of?.standing ?? 'local',
    file,
  ]);

test('what the runner knows and what lies in a folder alone are listed by name, each once', () => {
  const nightly = listed({ standing: 'on' });
  expect(told([nightly, nightly], [shop])).toEqual([
    ['bugs', '/src/shop', 'local', '/src/shop/.longhaul/triggers/bugs.yaml'],
    ['nightly', '/src/shop', 'on', '/src/shop/.longhaul/triggers/nightly.yaml'],
  ]);
});

test('one that is not in the working tree, or whose folder is not open, has no file here', () => {
  expect(told([listed({ name: 'gone' }), listed({ repository: '/src/other' })], [{ ...shop, names: [] }])).toEqual([
    ['gone', '/src/shop', 'off', null],
    ['nightly', '/src/other', 'off', null],
  ]);
});

test('one that was enabled for the address of an open folder is not listed again for the folder, unless it was enabled there, too', () => {
  const bugs = listed({ name: 'bugs', repository: `${origin}.git`, standing: 'on' });
  const here = listed({ name: 'bugs' });
  const file = '/src/shop/.longhaul/triggers/bugs.yaml';
  const open = [{ ...shop, names: ['bugs'] }];
  expect(told([bugs, here], open)).toEqual([['bugs', `${origin}.git`, 'on', file]]);
  expect(told([bugs, { ...here, standing: 'paused' }], open)).toEqual([
    ['bugs', '/src/shop', 'paused', file],
    ['bugs', `${origin}.git`, 'on', file],
  ]);
});

test('of a folder it is known where it was cloned from', () => {
  expect(automationsOf([listed()], [shop]).map((one) => one.origin)).toEqual([origin, origin]);
  expect(automationsOf([listed({ repository: origin })], [{ ...shop, names: [] }])[0]?.origin).toBe(null);
});
