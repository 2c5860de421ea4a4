import { expect, test } from 'vitest';
import { ConfiguredTriggers } from '../../machine/config/configured-triggers.ts';
import { configuredAs, definitionsFor } from './configured.ts';

const repository = 'https://git.example.org/acme/shop.git';
const key = { tenant: 'local', repository, name: 'nightly' };
const configured = (goal: string) =>
  ConfiguredTriggers.parse([{ repository, name: 'nightly', schedule: '@daily', goal }]);
const ofAll = { triggers: configured('Of all.'), tenants: {} };
const none = { triggers: [], tenants: {} };
const file = (name: string) => {
  const text = 'schedule: "@hourly"\ngoal: The repository’s.\n';
  return { path: `triggers/${name}.yaml`, bytes: text.length, text };
};
const settings = { branch: 'main', files: [], triggers: [file('nightly'), file('other')] };

test('a repository’s own of the same name is refused with the reason, and its others are as they are', () => {
  const found = definitionsFor(ofAll, { ...key, repository: 'https://git.example.org/acme/shop' }, settings);
  expect(found).toMatchObject([
    { name: 'nightly', origin: 'runner', outcome: 'scheduled', trigger: { goal: 'Of all.' } },
    { name: 'nightly', origin: 'repository', outcome: 'refused', problem: expect.stringContaining('is not used') },
    { name: 'other', origin: 'repository', outcome: 'scheduled' },
  ]);
});

test('those of another repository, and of another tenant, are none of this one’s', () => {
  expect(definitionsFor(ofAll, { ...key, repository: 'https://git.example.org/acme/shop2.git' }, null)).toEqual([]);
  const ofTeam = { triggers: [], tenants: { team: { triggers: configured('Of team.') } } } as unknown as typeof ofAll; // safe: it asks for no more
  expect(definitionsFor(ofTeam, key, null)).toEqual([]);
  expect(definitionsFor(ofTeam, { ...key, tenant: 'team' }, null)).toHaveLength(1);
  const both = { ...ofTeam, triggers: configured('Of all.') };
  expect(definitionsFor(both, { ...key, tenant: 'team' }, null)).toMatchObject([{ trigger: { goal: 'Of team.' } }]);
});

test.each([
  ['the operator’s is begun as the operator’s', 'runner', ofAll, { outcome: 'scheduled', origin: 'runner' }],
  ['the repository’s is not begun by an operator’s that came later', 'repository', ofAll, { outcome: 'refused' }],
  ['the operator’s is not begun by the repository’s once it is gone', 'runner', none, { outcome: 'refused' }],
] as const)('%s', (...[, origin, config, expected]) => {
  expect(configuredAs(config, { ...key, origin })).toMatchObject(expected);
});

test('what the configuration knows nothing of, the repository says', () => {
  expect(configuredAs(none, { ...key, origin: 'repository' })).toBeNull();
});
