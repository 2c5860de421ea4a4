import * as vscode from 'vscode';
import { reviewScheme } from './address.ts';
import { decisionOf, placeOf, tally, type Verdict } from './decisions.ts';
import type { Reviewed, ReviewSession } from './session.ts';

const icon: Record<Verdict, string> = { accepted: '$(check) ', rejected: '$(x) ', undecided: '' };

const at = (line: number): vscode.Range => new vscode.Range(line, 0, line, 0);

/** What can still be done about something with this verdict. */
const choices = (verdict: Verdict): readonly { readonly title: string; readonly verdict: Verdict }[] => {
  const all = [
    { title: 'Accept', verdict: 'accepted' },
    { title: 'Reject', verdict: 'rejected' },
    { title: 'Undo', verdict: 'undecided' },
  ] as const;
  return all.filter((choice) => choice.verdict !== verdict);
};

const lensesOf = ({ file, side }: Reviewed, verdicts: readonly Verdict[], uri: vscode.Uri): vscode.CodeLens[] =>
  verdicts.flatMap((verdict, unit) => {
    const hunk = file.hunks[unit];
    const range = at(hunk === undefined ? 0 : placeOf(hunk, side).changed);
    const name = hunk === undefined ? 'This file' : `Change ${unit + 1} of ${verdicts.length}`;
    const state = new vscode.CodeLens(range, { title: `${icon[verdict]}${name}: ${verdict}`, command: '' });
    return [
      state,
      ...choices(verdict).map(
        (choice) =>
          new vscode.CodeLens(range, {
            title: choice.title,
            tooltip: `${choice.title}: ${name.toLowerCase()} in ${file.path}`,
            command: 'longhaul.review.decide',
            arguments: [uri, unit, choice.verdict],
          }),
      ),
    ];
  });

const fileLenses = ({ file }: Reviewed, verdicts: readonly Verdict[], uri: vscode.Uri): vscode.CodeLens[] => {
  if (verdicts.length === 1) return [];
  const { accepted } = tally({ of: '', verdicts: [...verdicts], reviewed: false });
  const lens = (title: string, command: string): vscode.CodeLens =>
    new vscode.CodeLens(at(0), { title, command, arguments: command === '' ? [] : [uri] });
  return [
    lens(`${file.path}: ${accepted} of ${verdicts.length} changes accepted`, ''),
    lens('Accept File', 'longhaul.review.acceptFile'),
    lens('Reject File', 'longhaul.review.rejectFile'),
  ];
};

/** Shows at each hunk of a review document what was decided about it, and lets a person decide. */
export class ReviewLenses implements vscode.CodeLensProvider, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.#changed.event;
  readonly #session: ReviewSession;
  readonly #registrations: readonly vscode.Disposable[];

  constructor(session: ReviewSession) {
    this.#session = session;
    this.#registrations = [
      session.onDidChange(() => this.#changed.fire()),
      vscode.languages.registerCodeLensProvider({ scheme: reviewScheme }, this),
    ];
  }

  dispose(): void {
    for (const registration of this.#registrations) registration.dispose();
    this.#changed.dispose();
  }

  async provideCodeLenses(document: vscode.TextDocument): Promise<vscode.CodeLens[]> {
    const reviewed = await this.#session.reviewed(document.uri);
    // A deleted file has only its old side; of all others the new side is where a person decides.
    if (reviewed === null || (reviewed.side === 'before' && reviewed.file.file.after !== null)) return [];
    const { verdicts } = decisionOf(this.#session.decisions(reviewed.round.run), reviewed.file);
    return [...fileLenses(reviewed, verdicts, document.uri), ...lensesOf(reviewed, verdicts, document.uri)];
  }
}
