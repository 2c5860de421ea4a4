import { expect, test } from 'vitest';
import { parseTrigger } from '../../../shared/recipe/trigger.ts';
import type { UsableTrigger } from '../../machine/triggers/definitions.ts';
import { openRemotes } from '../remotes/remotes.ts';
import type { ControlPlane } from './plane.ts';
import { unheard } from './trigger-checks.ts';

const secret = { HOOK: 'it is a secret to everybody' };
const hook = { tokenVariable: 'T', webhookSecretVariable: 'HOOK' };
const common = { username: 'x', passwordVariable: null, publish: false } as const;
const gitlab = { ...hook, apiUrl: null, readTokenVariable: null };
const github = { ...hook, apiUrl: 'https://api.github.com' };
const remotes = openRemotes(
  [
    { ...common, match: 'https://github.com/*', github, gitlab: null },
    { ...common, match: 'https://gitlab.com/*', github: null, gitlab },
  ],
  secret,
);
// safe: it asks for nothing else
const plane = { remotes, webhooks: new Map() } as unknown as ControlPlane;

const on = (says: object): UsableTrigger => {
  const parsed = parseTrigger({ goal: 'x', on: says });
  if (parsed.outcome === 'refused' || !('on' in parsed.trigger)) throw new Error('it is a trigger on an event');
  return { name: 'reviews', origin: 'repository', outcome: 'on event', trigger: parsed.trigger };
};
const why = (repository: string, says: object) =>
  unheard(plane, { tenant: 'local', repository, name: 'reviews' }, on(says))?.refusal ?? null;

const review = { github: 'review-submitted', state: 'changes-requested' };

test('what GitLab never tells of is refused before anybody waits for it, with what to wait for instead', () => {
  expect(why('https://gitlab.com/acme/shop', review)).toMatchObject({
    code: 'invalid',
    message: 'GitLab does not tell of what this waits for: review-submitted.',
    remedy: expect.stringContaining('github: comment'),
  });
  expect(why('https://gitlab.com/acme/shop', { github: 'release-published' })).not.toBeNull();
  expect(why('https://gitlab.com/acme/shop', { github: 'issue-opened' })).toBeNull();
  expect(why('https://github.com/acme/shop', review)).toBeNull();
});
