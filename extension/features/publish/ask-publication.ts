import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { PublishInput } from '../../../shared/api/publication.ts';
import { cleanLine } from '../../../shared/text/clean.ts';

/** What a person can do about a publication: what is asked of the runner anew, what is said otherwise, or all of it as it is. */
export type Answer =
  | { readonly kind: 'publish' }
  | { readonly kind: 'text' }
  | { readonly kind: 'elsewhere'; readonly where: { readonly branch: string; readonly into: string | null } }
  | { readonly kind: 'otherwise'; readonly wanted: PublishInput };

type Row = vscode.QuickPickItem & { readonly ask: () => Promise<Answer | undefined> };

/** Asks about all that would be published but the text, which stands in an editor. Undefined: the person turned back. */
export const askPublication = async (title: string, wanted: PublishInput): Promise<Answer | undefined> => {
  const chosen = await vscode.window.showQuickPick(rowsOf(wanted), {
    title,
    placeHolder: t('What stands here and in the editor is published, and nothing else'),
    ignoreFocusOut: true,
  });
  return chosen?.ask();
};

const rowsOf = (wanted: PublishInput): readonly Row[] => {
  const { remote, branch, pullRequest, secrets, message } = wanted;
  const [subject = message, ...others] = message.split('\n').filter((part) => part.trim() !== '');
  const into = pullRequest?.into ?? null;
  return [
    { label: goLabel(wanted), description: cleanLine(remote), ask: async () => ({ kind: 'publish' }) },
    ...secrets.map((secret): Row => ({
      label: `$(warning) ${t('Looks like a secret')}`,
      description: cleanLine(secret),
      ask: async () => ({ kind: 'otherwise', wanted }),
    })),
    {
      label: `$(git-branch) ${t('Branch')}`,
      description: cleanLine(branch),
      ask: async () => {
        const other = await line(t('On which branch?'), branch);
        return other === undefined ? undefined : { kind: 'elsewhere', where: { branch: other, into } };
      },
    },
    ...(others.length === 0
      ? []
      : [
          {
            label: `$(git-commit) ${t('Commit')}`,
            description: cleanLine(others.join(' · ')),
            detail: t('Choose it to leave that out.'),
            ask: async (): Promise<Answer> => ({ kind: 'otherwise', wanted: { ...wanted, message: subject } }),
          },
        ]),
    ...(pullRequest === null ? [] : pullRequestRows(wanted, pullRequest)),
  ];
};

const goLabel = ({ pullRequest }: PublishInput): string => {
  if (pullRequest === null) return `$(repo-push) ${t('Publish Branch')}`;
  return pullRequest.draft
    ? `$(git-pull-request-draft) ${t('Create Draft Pull Request')}`
    : `$(git-pull-request) ${t('Create Pull Request')}`;
};

const pullRequestRows = (
  wanted: PublishInput,
  pullRequest: NonNullable<PublishInput['pullRequest']>,
): readonly Row[] => {
  const { into, title, draft, ciRepairs } = pullRequest;
  const otherwise = (other: Partial<typeof pullRequest>): Answer => ({
    kind: 'otherwise',
    wanted: { ...wanted, pullRequest: { ...pullRequest, ...other } },
  });
  return [
    {
      label: `$(git-merge) ${t('Into')}`,
      description: cleanLine(into),
      ask: async () => {
        const other = await line(t('Into which branch?'), into);
        return other === undefined ? undefined : { kind: 'elsewhere', where: { branch: wanted.branch, into: other } };
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
    {
      label: draft ? `$(circle-outline) ${t('Draft')}` : `$(eye) ${t('Ready for review')}`,
      description: draft ? t('nobody is asked to review it yet') : t('whoever owns the code is asked to review it'),
      ask: async () => otherwise({ draft: !draft }),
    },
    ...(pullRequest.comment === null ? [] : [commentRow(pullRequest.comment, () => otherwise({ comment: null }))]),
    ...repliesRows(pullRequest.replies, (replies) => otherwise({ replies })),
    ...(pullRequest.check === null ? [] : [checkRow(pullRequest.check, () => otherwise({ check: null }))]),
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

type Shown = NonNullable<PublishInput['pullRequest']>;

const repliesRows = (replies: Shown['replies'], otherwise: (replies: Shown['replies']) => Answer): readonly Row[] => {
  if (replies.length === 0) return [];
  const resolve = replies.every((reply) => reply.resolve);
  return [
    {
      label: `$(reply) ${t('Answers to Remarks')}`,
      description: t('choose it to leave them out'),
      detail: replies.map(({ text }) => cleanLine(text)).join(' · '),
      ask: async () => otherwise([]),
    },
    {
      label: `$(pass) ${t('Their Threads')}`,
      description: resolve
        ? t('are resolved with them')
        : t('stay open: whoever made a remark says whether it is settled'),
      ask: async () => otherwise(replies.map((reply) => ({ ...reply, resolve: !resolve }))),
    },
  ];
};

/** The check that the commit gets, with what verification came to. */
const checkRow = ({ title, annotations }: NonNullable<Shown['check']>, leaveOut: () => Answer): Row => ({
  label: `$(checklist) ${t('Check of the Commit')}`,
  description: t('choose it to leave it out'),
  detail: [title, ...annotations.map(({ path, line, message }) => `${path}:${line}: ${message}`)]
    .map(cleanLine)
    .join(' · '),
  ask: async () => leaveOut(),
});

/** What is said there of a later round, or nothing. */
const commentRow = (comment: string, leaveOut: () => Answer): Row => ({
  label: `$(comment) ${t('Comment')}`,
  description: t('choose it to leave it out'),
  detail: cleanLine(comment),
  ask: async () => leaveOut(),
});

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
