import type { OutsideEvent } from '../../shared/recipe/outside-event.ts';

/** An issue of acme/shop that ada labelled, unless it is said otherwise. */
export const someEvent = (own: Partial<OutsideEvent> = {}): OutsideEvent => ({
  source: 'github',
  kind: 'issue-labeled',
  value: 'agent',
  repository: 'https://github.com/acme/shop',
  tenant: null,
  actor: { login: 'ada', isBot: false },
  subject: 'issue 12',
  url: 'https://github.com/acme/shop/issues/12',
  title: 'The sum is wrong',
  text: 'It subtracts.',
  branch: null,
  commit: null,
  pullRequest: null,
  issue: 12,
  review: null,
  ...own,
});
