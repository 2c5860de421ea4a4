import type { DecisionRequest } from '../../decision/decision.ts';
import { clean, cleanLine } from '../../text/clean.ts';
import { isOutputEffect, placeOf, type Effect } from '../effect.ts';
import { publishArguments } from '../publish-decision.ts';
import type { Part } from './moment.ts';

/** What a decision about publishing would have done, as texts; but those that are blobs. Null: it is about something else. */
export const publicationParts = (
  request: Pick<DecisionRequest, 'kind' | 'arguments' | 'tree'>,
): readonly Part[] | null => {
  const asked = publishArguments(request);
  if (asked === null) return null;
  const [first] = asked.effects;
  return [
    { label: 'Remote', text: cleanLine(first?.remote ?? '') },
    ...asked.effects.flatMap(effectParts),
    { label: 'Secrets?', text: asked.secrets.map(cleanLine).join('\n') },
    { label: 'Tree', text: request.tree ?? '' },
  ].filter(({ text }) => text !== '');
};

/** Each answer with the remark that it is to. */
export const repliesText = ({ replies }: Extract<Effect, { kind: 'replies' }>): string =>
  replies
    .map(({ to, text, resolve }) => `to remark ${to}${resolve ? ', which it resolves' : ''}: ${cleanLine(text)}`)
    .join('\n');

const effectParts = (effect: Effect): readonly Part[] => {
  if (isOutputEffect(effect))
    return [
      { label: 'As', text: cleanLine(placeOf(effect)) },
      { label: 'Title', text: 'title' in effect ? cleanLine(effect.title) : '' },
      { label: 'Labels', text: effect.kind === 'labels' ? effect.labels.map(cleanLine).join(', ') : '' },
    ];
  switch (effect.kind) {
    case 'branch': {
      const on = effect.onTop === null ? `from ${effect.base.slice(0, 12)}` : `on top of ${effect.onTop.slice(0, 12)}`;
      return [
        { label: 'Branch', text: `${cleanLine(effect.branch)}, ${on}` },
        { label: 'Commit', text: clean(effect.message) },
      ];
    }
    case 'pull request':
      return [
        {
          label: 'Into',
          text: `${cleanLine(effect.into)}, ${effect.draft ? 'as a draft' : 'ready for review'}`,
        },
        { label: 'Title', text: cleanLine(effect.title) },
        {
          label: 'Checks',
          text: effect.ciRepairs === 0 ? '' : `those that fail begin another round, at most ${effect.ciRepairs} in all`,
        },
      ];
    case 'comment':
    case 'check':
      return [];
    case 'replies':
      return [{ label: 'Answers', text: repliesText(effect) }];
  }
};
