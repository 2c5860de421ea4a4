import { includes } from '../../../shared/api/runner-api.ts';
import { cleanLine } from '../../../shared/text/clean.ts';
import type { Publishing } from '../remotes/remotes.ts';
import { refused, type Person } from './plane.ts';

/** That a remote's settings say `publish: ask`, as a person is told it. */
export const operatorAsks = (remote: string): string =>
  `The operator of this runner has somebody asked before anything is published to ${cleanLine(remote)}.`;

/**
 * Why somebody who may decide is asked before a person's publishing, sentences; null: the person may decide themselves. Throws RefusedError where
 * nobody is asked, and they may not.
 */
export const whyAsked = (
  { name, role }: Person,
  { remote, publishing }: { readonly remote: string; readonly publishing: Publishing },
): string | null => {
  if (includes(role, 'approver')) return null;
  if (publishing.asks) return `${cleanLine(name)} wants it published. ${operatorAsks(remote)}`;
  throw refused(
    'denied',
    `Publishing to ${cleanLine(remote)} needs the role approver.`,
    'Ask somebody who has it. Or have the operator let everybody ask: remotes: [{ match: …, publish: ask }] in the runner’s config.yaml.',
  );
};
