import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { PublishInput } from '../../../shared/api/publication.ts';
import { cleanLine } from '../../../shared/text/clean.ts';
import { chosenOf, coAuthorsOf, toggled, type Choices, type Part } from './choices.ts';

/** What a person can do about a publication: have it done, look at its text, have it elsewhere, or say something of it otherwise. */
export type Answer =
  | { readonly kind: 'publish' }
  | { readonly kind: 'text' }
  | { readonly kind: 'elsewhere'; readonly where: { readonly branch: string; readonly into: string | null } }
  | { readonly kind: 'otherwise'; readonly choices: Choices };

/** What is asked about: what the runner proposes, and what the person has said of that so far. */
export interface Asked {
  readonly title: string;
  readonly proposed: PublishInput;
  readonly choices: Choices;
  /** There is a pull request already, which it goes to. */
  readonly goesOn: boolean;
}

/** Undefined: the person turned back, to the list. */
type Row = vscode.QuickPickItem & { readonly ask: () => Promise<Answer | undefined> };

/** Asks about all that would be published but the text, which stands in an editor. Undefined: the person turned back. */
export const askPublication = async (asked: Asked): Promise<Answer | undefined> => {
  for (;;) {
    const chosen = await vscode.window.showQuickPick(rowsOf(asked), {
      title: asked.title,
      placeHolder: t('What stands here and in the editor is published, and nothing else'),
      ignoreFocusOut: true,
    });
    if (chosen === undefined) return undefined;
    const answer = await chosen.ask();
    if (answer !== undefined) return answer;
  }
};

const rowsOf = (asked: Asked): readonly Row[] => {
  const { proposed, choices } = asked;
  const wanted = chosenOf(proposed, choices);
  const { remote, branch, pullRequest, secrets } = wanted;
  const coAuthors = coAuthorsOf(proposed);
  const into = pullRequest?.into ?? null;
  return [
    { label: goLabel(wanted, asked.goesOn), description: cleanLine(remote), ask: async () => ({ kind: 'publish' }) },
    ...secrets.map((secret): Row => ({
      label: `$(warning) ${t('Looks like a secret')}`,
      description: cleanLine(secret),
      ask: async () => undefined,
    })),
    {
      label: `$(git-branch) ${t('Branch')}`,
      description: cleanLine(branch),
      ask: async () => {
        const other = await line(t('On which branch?'), branch);
        return other === undefined ? undefined : { kind: 'elsewhere', where: { branch: other, into } };
      },
    },
    ...(coAuthors.length === 0
      ? []
      : [partRow(choices, 'co-author', { icon: 'git-commit', label: t('Commit'), says: coAuthors })]),
    ...(pullRequest === null ? [] : pullRequestRows(asked, pullRequest)),
  ];
};

const goLabel = ({ pullRequest }: PublishInput, goesOn: boolean): string => {
  if (pullRequest === null) return `$(repo-push) ${t('Publish Branch')}`;
  if (goesOn) return `$(git-pull-request) ${t('Update Pull Request')}`;
  return pullRequest.draft
    ? `$(git-pull-request-draft) ${t('Create Draft Pull Request')}`
    : `$(git-pull-request) ${t('Create Pull Request')}`;
};

type Shown = NonNullable<PublishInput['pullRequest']>;

/** `pullRequest`: as it would be published. */
const pullRequestRows = (asked: Asked, pullRequest: Shown): readonly Row[] => {
  const { proposed, choices } = asked;
  const { into, title, draft, ciRepairs } = pullRequest;
  const otherwise = (other: Partial<Choices>): Answer => ({ kind: 'otherwise', choices: { ...choices, ...other } });
  return [
    {
      label: `$(git-merge) ${t('Into')}`,
      description: cleanLine(into),
      ask: async () => {
        const other = await line(t('Into which branch?'), into);
        return other === undefined ? undefined : { kind: 'elsewhere', where: { branch: proposed.branch, into: other } };
      },
    },
    {
      label: `$(edit) ${t('Title')}`,
      description: cleanLine(title),
      ask: async () => {
        const other = await line(t('What is its title?'), title);
        return other === undefined ? undefined : otherwise({ title: other });
      },
    },
    {
      label: `$(markdown) ${t('Text')}`,
      description: t('in the editor, to be read and changed'),
      ask: async () => ({ kind: 'text' }),
    },
    // The one that is there stays what it is by now.
    ...(asked.goesOn ? [] : [draftRow(draft, () => otherwise({ draft: !draft }))]),
    ...besideRows(asked, pullRequest, otherwise),
    {
      label: `$(tools) ${t('Failing Checks')}`,
      description: repairsText(ciRepairs),
      ask: async () => {
        const other = await askRepairs(title);
        return other === undefined ? undefined : otherwise({ ciRepairs: other });
      },
    },
  ];
};

const draftRow = (draft: boolean, otherwise: () => Answer): Row => ({
  label: draft ? `$(circle-outline) ${t('Draft')}` : `$(eye) ${t('Ready for review')}`,
  description: draft ? t('nobody is asked to review it yet') : t('whoever owns the code is asked to review it'),
  ask: async () => otherwise(),
});

/** What goes beside the pull request: what is left out stays in sight. */
const besideRows = (
  { proposed, choices }: Asked,
  { replies }: Pick<Shown, 'replies'>,
  otherwise: (other: Partial<Choices>) => Answer,
): readonly Row[] => {
  const comment = proposed.pullRequest?.comment ?? null;
  const check = proposed.pullRequest?.check ?? null;
  const answers = proposed.pullRequest?.replies ?? [];
  const resolve = replies.every((reply) => reply.resolve);
  return [
    ...(comment === null
      ? []
      : [partRow(choices, 'comment', { icon: 'comment', label: t('Comment'), says: [comment] })]),
    ...(answers.length === 0
      ? []
      : [
          partRow(choices, 'answers', {
            icon: 'reply',
            label: t('Answers to Remarks'),
            says: answers.map(({ text }) => text),
          }),
        ]),
    ...(replies.length === 0
      ? []
      : [
          {
            label: `$(pass) ${t('Their Threads')}`,
            description: resolve
              ? t('are resolved with them')
              : t('stay open: whoever made a remark says whether it is settled'),
            ask: async () => otherwise({ resolve: !resolve }),
          },
        ]),
    ...(check === null
      ? []
      : [partRow(choices, 'check', { icon: 'checklist', label: t('Check of the Commit'), says: checkLines(check) })]),
  ];
};

/** What verification came to, as the commit's check says it. */
const checkLines = ({ title, annotations }: NonNullable<Shown['check']>): readonly string[] => [
  title,
  ...annotations.map(({ path, line: at, message }) => `${path}:${at}: ${message}`),
];

interface PartText {
  readonly icon: string;
  readonly label: string;
  readonly says: readonly string[];
}

/** What goes along, unless it is left out; choosing it does the other. */
const partRow = (choices: Choices, part: Part, { icon, label, says }: PartText): Row => {
  const isOut = choices.leaves.has(part);
  return {
    label: isOut ? `$(circle-slash) ${label}` : `$(${icon}) ${label}`,
    description: isOut ? t('left out: choose it to put it back') : t('choose it to leave this out'),
    detail: says.map(cleanLine).join(' · '),
    ask: async () => ({ kind: 'otherwise', choices: toggled(choices, part) }),
  };
};

const repairsText = (times: number): string => {
  if (times === 0) return t('begin no round');
  return times === 1 ? t('begin another round, once') : t('begin another round, at most {0} in all', times);
};

const askRepairs = async (title: string): Promise<number | undefined> => {
  const rows = [0, 1, 2, 3, 5].map((times) => ({ label: repairsText(times), times }));
  const placeHolder = t(
    'Checks that fail: what they said goes to the agent, from the run’s budget; you review what comes of it',
  );
  return (await vscode.window.showQuickPick(rows, { title, placeHolder, ignoreFocusOut: true }))?.times;
};

const line = async (prompt: string, value: string): Promise<string | undefined> => {
  const said = await vscode.window.showInputBox({
    prompt,
    value,
    ignoreFocusOut: true,
    validateInput: (text) => (text.trim() === '' ? t('Something has to stand here.') : null),
  });
  return said?.trim();
};
