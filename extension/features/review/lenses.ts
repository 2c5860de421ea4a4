import * as vscode from 'vscode';
import { reviewScheme } from './address.ts';
import { choiceOf, placeOf, tally, type Verdict } from './choices.ts';
import type { Reviewed, ReviewSession } from './session.ts';

const icon: Record<Verdict, string> = { accepted: '$(check) ', rejected: '$(x) ', undecided: '' };

/** What can be done about a change, by what comes of it. */
const titles: readonly (readonly [Verdict, string])[] = [
  ['accepted', 'Accept'],
  ['rejected', 'Reject'],
  ['undecided', 'Undo'],
];

/** What was chosen for each change of the file, and what else can be chosen. */
const lensesOf = ({ file, side }: Reviewed, verdicts: readonly Verdict[], uri: vscode.Uri): vscode.CodeLens[] =>
  verdicts.flatMap((verdict, unit) => {
    const hunk = file.hunks[unit];
    const line = hunk === undefined ? 0 : placeOf(hunk, side).changed;
    const name = hunk === undefined ? 'This file' : `Change ${unit + 1} of ${verdicts.length}`;
    return [
      lens(line, { title: `${icon[verdict]}${name}: ${verdict}`, command: '' }),
      ...titles
        .filter(([other]) => other !== verdict)
        .map(([other, title]) =>
          lens(line, {
            title,
            tooltip: `${title}: ${name.toLowerCase()} in ${file.path}`,
            command: 'longhaul.review.choose',
            arguments: [uri, unit, other],
          }),
        ),
    ];
  });

const fileLenses = ({ file }: Reviewed, verdicts: readonly Verdict[], uri: vscode.Uri): vscode.CodeLens[] => {
  if (verdicts.length === 1) return [];
  const { accepted } = tally({ verdicts: [...verdicts] });
  return [
    lens(0, { title: `${file.path}: ${accepted} of ${verdicts.length} changes accepted`, command: '' }),
    lens(0, { title: 'Accept File', command: 'longhaul.review.acceptFile', arguments: [uri] }),
    lens(0, { title: 'Reject File', command: 'longhaul.review.rejectFile', arguments: [uri] }),
  ];
};

const lens = (line: number, command: vscode.Command): vscode.CodeLens =>
  new vscode.CodeLens(new vscode.Range(line, 0, line, 0), command);

/** Shows at each hunk of a review document what was chosen for it, and lets a person choose. */
export const registerLenses = (session: ReviewSession): vscode.Disposable => {
  const changed = new vscode.EventEmitter<void>();
  const provider: vscode.CodeLensProvider = {
    onDidChangeCodeLenses: changed.event,
    provideCodeLenses: async ({ uri }) => {
      const reviewed = await session.reviewed(uri);
      // A deleted file has only its old side; of all others the new side is where a person chooses.
      if (reviewed === null || (reviewed.side === 'before' && reviewed.file.file.after !== null)) return [];
      const { verdicts } = choiceOf(session.choices(reviewed.round.run), reviewed.file);
      return [...fileLenses(reviewed, verdicts, uri), ...lensesOf(reviewed, verdicts, uri)];
    },
  };
  return vscode.Disposable.from(
    changed,
    session.onDidChange(() => changed.fire()),
    vscode.languages.registerCodeLensProvider({ scheme: reviewScheme }, provider),
  );
};
