import { t } from '@vscode/l10n';
import type { DecisionRequest } from '../../../shared/decision/decision.ts';
import { isOutputEffect, placeOf, type Effect } from '../../../shared/run/effect.ts';
import { publishArguments } from '../../../shared/run/publish-decision.ts';
import { repliesText } from '../../../shared/run/story/publication.ts';
import type { Part } from '../../../shared/run/story/moment.ts';
import { cleanLine, visible } from '../../../shared/text/clean.ts';

/** What a decision about publishing would make where, but for its texts and files; nothing where it is about something else. Safe to show. */
export const publicationFacts = (request: Pick<DecisionRequest, 'kind' | 'arguments' | 'tree'>): readonly Part[] => {
  const asked = publishArguments(request);
  if (asked === null) return [];
  return [
    { label: t('Repository'), text: cleanLine(asked.effects[0]?.remote ?? '') },
    ...asked.effects.flatMap((effect) => effectFacts(effect, isUpdate(asked.effects))),
    { label: t('Tree'), text: request.tree ?? '' },
  ].filter(({ text }) => text !== '');
};

/** Whether that goes on with the pull request that an earlier round has opened. */
export const isUpdate = (effects: readonly Effect[]): boolean =>
  effects.some((effect) => effect.kind === 'branch' && effect.onTop !== null) &&
  effects.some(({ kind }) => kind === 'pull request');

const asOf = ({ draft }: Extract<Effect, { kind: 'pull request' }>, updates: boolean): string => {
  if (!updates) return draft ? t('a draft') : t('ready for review');
  // Somebody may have closed it meanwhile.
  return draft
    ? t('an update of the one that is there, else a draft')
    : t('an update of the one that is there, else ready for review');
};

const effectFacts = (effect: Effect, updates: boolean): readonly Part[] => {
  if (isOutputEffect(effect))
    return [
      { label: t('As'), text: cleanLine(placeOf(effect)) },
      { label: t('Title'), text: 'title' in effect ? cleanLine(effect.title) : '' },
      { label: t('Labels'), text: effect.kind === 'labels' ? effect.labels.map(cleanLine).join(', ') : '' },
    ];
  switch (effect.kind) {
    case 'branch':
      return [
        { label: t('Branch'), text: cleanLine(effect.branch) },
        { label: t('Commit'), text: visible(effect.message) },
      ];
    case 'pull request':
      return [
        { label: t('Into'), text: cleanLine(effect.into) },
        { label: t('Title'), text: cleanLine(effect.title) },
        { label: t('As'), text: asOf(effect, updates) },
        {
          label: t('If checks fail there'),
          text: effect.ciRepairs === 0 ? '' : t('another round begins, at most {0} in all', effect.ciRepairs),
        },
      ];
    case 'comment':
    case 'check':
      return [];
    case 'replies':
      return [{ label: t('Answers'), text: repliesText(effect) }];
  }
};
