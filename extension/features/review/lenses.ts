import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { changeRunText, changesRun, countedHow } from '../../../shared/review/coverage.ts';
import { movedText } from '../../../shared/review/moved.ts';
import type { Unit } from '../../../shared/review/review-file.ts';
import { visible } from '../../../shared/text/clean.ts';
import { isImage } from '../../ground/files/image.ts';
import { addressOf, reviewScheme } from './address.ts';
import { choiceOf, tallyOf, verdictOf, type Choices, type Verdict } from './choices.ts';
import { lineOf, topOf } from './places.ts';
import type { RunAuthors } from './run-authors.ts';
import type { Reviewed, ReviewSession, Superseded } from './session.ts';
import { supersededText } from './successor.ts';

const standing: Record<Verdict, (name: string) => string> = {
  accepted: (name) => `$(check) ${t('{0}: accepted', name)}`,
  rejected: (name) => `$(x) ${t('{0}: rejected', name)}`,
  undecided: (name) => t('{0}: undecided', name),
};

/** What can be done about a change, by what comes of it. */
const titles: readonly (readonly [Verdict, string])[] = [
  ['accepted', t('Accept')],
  ['rejected', t('Reject')],
  ['undecided', t('Undo')],
];

/** Names and where links lead are the agent's words: what the editor would draw as a symbol is shown as it is written. */
const plain = (text: string): string => visible(text).replaceAll('$(', '\\$(');

const nameOf = ({ file }: Reviewed, unit: Unit): string => {
  if (unit.kind === 'lines') {
    const lines = file.units.filter(({ kind }) => kind === 'lines');
    return t('Change {0} of {1}', lines.indexOf(unit) + 1, lines.length);
  }
  const words = plain(unit.words);
  if (unit.kind !== 'whole') return words;
  const { status, before, after } = file.file;
  const said = before === null || after === null ? [status, words].filter(Boolean).join(', ') : words;
  return t('This file ({0})', said);
};

/** What was chosen for each unit of the file, and what else can be chosen. */
const unitLenses = (
  reviewed: Reviewed,
  { choices, authors }: { readonly choices: Choices; readonly authors: RunAuthors },
  uri: vscode.Uri,
): vscode.CodeLens[] => {
  const { round, file, side } = reviewed;
  const choice = choiceOf(choices, file);
  return file.units.flatMap((unit) => {
    const verdict = verdictOf(choice, unit);
    const line = lineOf(file, unit, side);
    const name = nameOf(reviewed, unit);
    return [
      lens(line, { title: standing[verdict](name), tooltip: authors.checks(round.run), command: '' }),
      ...titles
        .filter(([other]) => other !== verdict)
        .map(([other, title]) =>
          lens(line, {
            title,
            tooltip: t('{0}: {1} in {2}', title, name, file.path),
            command: 'longhaul.review.choose',
            arguments: [uri, unit.id, other],
          }),
        ),
      ...ranLenses(reviewed, unit, line),
      ...movedLenses(reviewed, unit, line),
      ...authorLenses(unit, { run: round.run, path: file.path, line, authors }),
    ];
  });
};

/** Which verification command ran what it added, as far as that is known; a click shows the run with what the command printed. */
const ranLenses = ({ round, file }: Reviewed, unit: Unit, line: number): vscode.CodeLens[] => {
  const changes = unit.kind === 'lines' ? [unit.change] : unit.kind === 'whole' ? file.changes : [];
  const ran = changes.length === 0 ? null : changesRun(round.coverage, file.path, changes);
  if (ran === null) return [];
  return [
    lens(line, {
      title: plain(changeRunText(ran)),
      tooltip: countedHow,
      command: 'longhaul.openRun',
      arguments: [round.run],
    }),
  ];
};

/** Where its lines were, or are by now; a click shows the other file. */
const movedLenses = ({ round, file }: Reviewed, unit: Unit, line: number): vscode.CodeLens[] => {
  const moves = round.moves.get(unit);
  const title = movedText(unit.kind === 'lines' ? [unit.change] : file.changes, moves);
  const [other] = [...(moves?.from ?? []), ...(moves?.to ?? [])];
  if (title === '' || other === undefined) return [];
  const tooltip = t('The same lines are deleted here and added there, as git diff --color-moved tells them.');
  const there = { run: round.run, path: other.path };
  return [lens(line, { title: plain(title), tooltip, command: 'longhaul.review.openFile', arguments: [there] })];
};

/** Which call wrote it, where the log tells; a click shows the run with all of its calls. */
const authorLenses = (
  unit: Unit,
  {
    run,
    path,
    line,
    authors,
  }: { readonly run: string; readonly path: string; readonly line: number; readonly authors: RunAuthors },
): vscode.CodeLens[] => {
  const author = unit.kind === 'lines' ? authors.of(run, path, unit.change) : null;
  if (author === null) return [];
  const title = t('by call [{0}] {1}', author.number, author.tool);
  return [lens(line, { title, tooltip: authors.checks(run), command: 'longhaul.openRun', arguments: [run] })];
};

const fileLenses = ({ file, side }: Reviewed, choices: Choices, uri: vscode.Uri): vscode.CodeLens[] => {
  if (file.units.length === 1) return [];
  const { accepted } = tallyOf(choices, [file]);
  const line = topOf(file, side);
  const title = t('{0}: {1} of {2} changes accepted', plain(file.path), accepted, file.units.length);
  return [
    lens(line, { title, command: '' }),
    lens(line, { title: t('Accept File'), command: 'longhaul.review.acceptFile', arguments: [uri] }),
    lens(line, { title: t('Reject File'), command: 'longhaul.review.rejectFile', arguments: [uri] }),
  ];
};

/** A list of files has a notice in the place of an image. */
const imageLenses = ({ round, file }: Reviewed, uri: vscode.Uri): vscode.CodeLens[] =>
  file.file.binary && isImage(file.path) && addressOf(uri)?.content.as === 'notice'
    ? [
        lens(0, {
          title: t('Show Image'),
          command: 'longhaul.review.openFile',
          arguments: [{ run: round.run, path: file.path }],
        }),
      ]
    : [];

const supersededLenses = ({ run, round, successor, file, side }: Superseded): vscode.CodeLens[] => {
  const line = file === null ? 0 : topOf(file, side);
  const newer = { title: t('Review Round {0}', successor.by), command: 'longhaul.review', arguments: [run] };
  return [
    lens(line, { title: `$(history) ${supersededText(round, successor)}`, command: '' }),
    ...(successor.finished ? [lens(line, newer)] : []),
  ];
};

const lens = (line: number, command: vscode.Command): vscode.CodeLens =>
  new vscode.CodeLens(new vscode.Range(line, 0, line, 0), command);

/** Shows at each change of a review document what was chosen for it, and lets a person choose; of one that is superseded, that it is. */
export const registerLenses = (session: ReviewSession, authors: RunAuthors): vscode.Disposable => {
  const changed = new vscode.EventEmitter<void>();
  const provider: vscode.CodeLensProvider = {
    onDidChangeCodeLenses: changed.event,
    provideCodeLenses: async ({ uri }) => {
      const reviewed = await session.reviewed(uri);
      // A deleted file has only its old side in a list; everywhere else the new side is where a person chooses.
      if (reviewed === null || addressOf(uri)?.against === 'nothing') return [];
      if (reviewed.side === 'before' && reviewed.file?.file.after !== null) return [];
      if (reviewed.kind === 'superseded') return supersededLenses(reviewed);
      const choices = session.choices(reviewed.round.run);
      // Those of one line are shown in this order; the units begin with what is said in words.
      return [
        ...unitLenses(reviewed, { choices, authors }, uri),
        ...fileLenses(reviewed, choices, uri),
        ...imageLenses(reviewed, uri),
      ];
    },
  };
  return vscode.Disposable.from(
    changed,
    session.onDidChange(() => changed.fire()),
    authors.onDidChange(() => changed.fire()),
    vscode.languages.registerCodeLensProvider({ scheme: reviewScheme }, provider),
  );
};
