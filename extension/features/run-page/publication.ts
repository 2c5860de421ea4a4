import { createHash } from 'node:crypto';
import { t } from '@vscode/l10n';
import type { DecisionRequest } from '../../../shared/decision/decision.ts';
import { checkText } from '../../../shared/review/check-report.ts';
import { linesText, patchedFiles, sumText, type PatchedFile } from '../../../shared/review/patched-files.ts';
import { isOutputEffect, type Effect } from '../../../shared/run/effect.ts';
import { publishArguments, type PublishArguments } from '../../../shared/run/publish-decision.ts';
import { passed, type RunState } from '../../../shared/run/state.ts';
import { cleanLine, visible } from '../../../shared/text/clean.ts';
import type { Part } from '../../../shared/run/story/moment.ts';
import type { Connection } from '../../ground/connection/connection.ts';
import { publicationFacts } from '../../ground/decision/publication-facts.ts';
import type { Item, Section } from '../../ground/page/page.ts';
import { evidence } from '../../ground/text/text.ts';
import { button, factsItem, markdownItem, section, textItem } from './items.ts';

/** What a decision about publishing would have published, with what it names by its hash. */
export interface Publication {
  readonly asked: PublishArguments;
  /** A text that is null is not to be had as it was asked about. */
  readonly texts: readonly { readonly label: string; readonly text: string | null }[];
  /** Null: as above. */
  readonly files: readonly PatchedFile[] | null;
}

/** Null: the decision is about something else. Throws as the connection does. */
export const readPublication = async (
  connection: Pick<Connection, 'blob'>,
  run: string,
  request: DecisionRequest,
): Promise<Publication | null> => {
  const asked = publishArguments(request);
  if (asked === null) return null;
  const read = async (hash: string): Promise<string | null> => {
    const blob = await connection.blob(run, hash);
    // What is approved is what is shown here, whatever the runner says of it.
    return createHash('sha256').update(blob).digest('hex') === hash ? new TextDecoder().decode(blob) : null;
  };
  const texts = asked.effects.flatMap((effect) =>
    'body' in effect ? [{ label: textLabel(effect), hash: effect.body, isCheck: effect.kind === 'check' }] : [],
  );
  const [patch, ...bodies] = await Promise.all([read(asked.patch), ...texts.map(({ hash }) => read(hash))]);
  return {
    asked,
    texts: texts.map(({ label, isCheck }, index) => {
      const text = bodies[index] ?? null;
      return { label, text: isCheck && text !== null ? checkText(text) : text };
    }),
    files: patch == null ? null : patchedFiles(patch),
  };
};

const textLabel = ({ kind }: Effect): string => {
  switch (kind) {
    case 'pull request':
      return t('Text of the pull request');
    case 'comment':
      return t('Comment on it');
    case 'check':
      return t('Check of the commit');
    default:
      return t('Text');
  }
};

/** False: a part of it is not as it was asked about, or not known yet; nobody may approve it. */
export const isReadable = (publication: Publication | null): boolean =>
  publication !== null && publication.files !== null && publication.texts.every(({ text }) => text !== null);

/** What would be made where, in the place of exact arguments. `facts`: what stands below that. */
export const publicationItems = (
  state: RunState,
  request: DecisionRequest,
  facts: readonly Part[],
): readonly Item[] => {
  const asked = publishArguments(request);
  if (asked === null)
    return [
      factsItem('facts', facts),
      textItem('publication', t('An earlier version asked this: it cannot be approved any more.'), 'bad'),
    ];
  const secrets = asked.secrets.map(cleanLine).join('\n');
  return [
    factsItem('facts', [...publicationFacts(request), { label: t('Checks'), text: checksFact(state) }, ...facts]),
    ...(secrets === ''
      ? []
      : [textItem('secrets', t('What looks like a secret would be published:\n{0}', secrets), 'bad')]),
  ];
};

/** Those that failed come first. */
const checksFact = (state: RunState): string => {
  const shown = evidence(state);
  if (shown === null) return t('none ran on this result');
  const failed = state.verification.filter((record) => !passed(record));
  const names = [
    ...failed.map(({ command }) => `✗ ${cleanLine(command)}`),
    ...state.verification.filter(passed).map(({ command }) => `✓ ${cleanLine(command)}`),
  ];
  return [shown, ...names].join(' · ');
};

/** By what Longhaul keeps a name or an address from being a link where it is published: nobody sees it there. */
const unlinked = '<!-- -->';

const unreadable = t('It cannot be read as it was asked about. Do not approve it.');

/** The texts and the files that would be published. `publication` null: they are not read yet. */
export const publicationSections = (publication: Publication | null): readonly Section[] => {
  if (publication === null)
    return [section('text', '', [textItem('reading', t('Reading what would be published…'), 'dim')])];
  const { asked, texts, files } = publication;
  // What is no change of files publishes none.
  const isText = files !== null && asked.effects.every(isOutputEffect);
  return [
    ...texts.map(({ label, text }, index) =>
      section(
        `text ${index}`,
        label,
        text === null
          ? [textItem('none', unreadable, 'bad')]
          : [
              markdownItem('text', visible(text.replaceAll(unlinked, ''))),
              { key: 'exact', kind: 'code', label: t('As it is sent'), text: visible(text), folded: true } as const,
            ],
      ),
    ),
    ...(isText ? [] : [filesSection(files)]),
  ];
};

const filesSection = (files: Publication['files']): Section =>
  section(
    'files',
    files === null ? t('Files') : t('Files: {0}', sumText(files)),
    files === null
      ? [textItem('none', unreadable, 'bad')]
      : [
          factsItem(
            'files',
            files.map((file) => ({ label: file.path, text: linesText(file) })),
          ),
        ],
  );

/** The same review of it as of any result. */
export const openResult = ({ id }: Pick<RunState, 'id'>) => button('longhaul.review', t('Open Diff'), { run: id });
