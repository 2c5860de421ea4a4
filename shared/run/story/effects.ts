import { isOutputEffect, placeOf, type Effect } from '../effect.ts';
import { seenText } from '../pull-request.ts';
import { actor, cleanLine } from '../../text/clean.ts';
import { plural } from '../../text/figures.ts';
import type { Tellers } from './moment.ts';
import { unpublished } from './people.ts';

const about = { kind: 'run' } as const;
const keyOf = (key: string): string => `effect ${key}`;

/** Of what changes the world outside. */
export const outside: Tellers<`effect.${'requested' | 'delayed' | 'done' | 'failed' | 'seen' | 'unseen'}`> = {
  'effect.requested': ({ key, effect, by }, scene) => [
    ...unpublished(scene),
    { key: keyOf(key), mark: 'busy', text: `${wanted(effect)}, for ${actor(by)}`, about },
  ],
  'effect.delayed': ({ key, said, retryAt }, { moment }) => ({
    ...moment(keyOf(key)),
    key: keyOf(key),
    mark: 'busy',
    text: moment(keyOf(key))?.text ?? 'Publishing',
    detail: `failed: ${cleanLine(said)}; again at ${retryAt}`,
  }),
  'effect.done': ({ key, result }, { moment }) => ({
    ...moment(keyOf(key)),
    key: keyOf(key),
    mark: result.notes.length === 0 ? 'ok' : 'warning',
    text: moment(keyOf(key))?.text ?? 'Published',
    detail: [result.url ?? result.reference, ...(result.adopted ? ['it was there already'] : []), ...result.notes]
      .map(cleanLine)
      .join(' · '),
  }),
  'effect.failed': ({ key, said, remedy }, { moment }) => ({
    ...moment(keyOf(key)),
    key: keyOf(key),
    mark: 'bad',
    text: moment(keyOf(key))?.text ?? 'Publishing',
    detail: `failed: ${cleanLine(said)}`,
    parts: remedy === '' ? [] : [{ label: 'What helps', text: cleanLine(remedy) }],
  }),
  'effect.seen': ({ key, seen }, { moment }) => ({
    ...moment(seenKey(key)),
    key: seenKey(key),
    mark: seen.checks.failed > 0 || seen.state === 'closed' ? 'warning' : 'ok',
    text: cleanLine(seenText(seen)),
    parts: seen.checks.failing.map((name) => ({ label: 'Failed there', text: cleanLine(name) })),
    about,
  }),
  'effect.unseen': ({ key, said, remedy }, { moment }) => ({
    ...moment(seenKey(key)),
    key: seenKey(key),
    mark: 'warning',
    text: `The pull request cannot be looked at: ${cleanLine(said)}`,
    parts: remedy === '' ? [] : [{ label: 'What helps', text: cleanLine(remedy) }],
    about,
  }),
};

const seenKey = (key: string): string => `seen ${key}`;

const wanted = (effect: Effect): string => {
  if (isOutputEffect(effect)) return `Publish ${cleanLine(`${placeOf(effect)} of ${effect.remote}`)}`;
  switch (effect.kind) {
    case 'comment':
      return 'Comment on the pull request';
    case 'replies':
      return `Answer ${plural(effect.replies.length, 'remark')} in the pull request`;
    case 'check':
      return 'Check of the commit, with what verification came to';
    case 'branch':
      return `Branch ${cleanLine(effect.branch)} of ${cleanLine(effect.remote)}`;
    case 'pull request':
      return `${effect.draft ? 'Draft pull request' : 'Pull request'} into ${cleanLine(effect.into)}: ${cleanLine(effect.title)}`;
  }
};
