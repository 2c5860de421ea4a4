import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { ReviewComment } from '../../../shared/run/events.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { addressOf, uriParts } from './address.ts';
import { openComments, StoredThreads, type StoredThread } from './comment-store.ts';

const key = (run: string): string => `longhaul.review.comments/${run}`;

const isThread = (value: unknown): value is vscode.CommentThread =>
  typeof value === 'object' && value !== null && 'comments' in value && 'uri' in value;
const isReply = (value: unknown): value is vscode.CommentReply =>
  typeof value === 'object' && value !== null && 'thread' in value && 'text' in value;

/** One that is being edited has what is typed as its body, and what is kept as `saved`. */
interface Note extends vscode.Comment {
  readonly saved: string;
}

const noteOf = (saved: string, mode = vscode.CommentMode.Preview): Note => ({
  saved,
  body: saved,
  mode,
  author: { name: t('You') },
  contextValue: 'own',
});
const typedIn = ({ body }: vscode.Comment): string => (typeof body === 'string' ? body : body.value).trim();
const savedOf = (comment: vscode.Comment): string =>
  'saved' in comment && typeof comment.saved === 'string' ? comment.saved : typedIn(comment);
const isComment = (value: unknown): value is vscode.Comment =>
  typeof value === 'object' && value !== null && 'body' in value && 'author' in value;

/** Comments on the result, kept in the workspace until they are sent with *Request Changes* as the next round. */
export class ReviewComments implements vscode.Disposable {
  readonly #kept: vscode.Memento;
  readonly #controller = vscode.comments.createCommentController('longhaul.review', t('Longhaul Review'));
  readonly #threads = new Set<vscode.CommentThread>();
  /** What stood at the line of a thread that is on what was there before. */
  readonly #before = new Map<vscode.CommentThread, string>();
  readonly #restored = new Set<string>();
  readonly #opening: vscode.Disposable;

  constructor({ extension }: Longhaul) {
    this.#kept = extension.workspaceState;
    this.#controller.options = {
      prompt: t('Comment for the next round…'),
      placeHolder: t('What should be different here? It is sent with Request Changes.'),
    };
    this.#controller.commentingRangeProvider = {
      provideCommentingRanges: ({ uri, lineCount }) => {
        const address = addressOf(uri);
        // Of a round that is compared with another one nothing is asked.
        if (address === null || address.against === 'round' || address.content.as === 'nothing') return undefined;
        // The lines of a notice are none of the file's.
        const lines = address.content.as === 'text' ? [new vscode.Range(0, 0, Math.max(0, lineCount - 1), 0)] : [];
        return { enableFileComments: true, ranges: lines };
      },
    };
    this.#opening = vscode.workspace.onDidOpenTextDocument(({ uri }) => {
      const address = addressOf(uri);
      if (address !== null) this.#restore(address.run);
    });
  }

  dispose(): void {
    this.#controller.dispose();
    this.#opening.dispose();
  }

  /** What the person wrote into a new thread or below an older comment. */
  async add(reply: unknown): Promise<void> {
    if (!isReply(reply) || reply.text.trim() === '') return;
    const { thread } = reply;
    const address = addressOf(thread.uri);
    if (address === null) return;
    this.#restore(address.run);
    thread.comments = [...thread.comments, noteOf(reply.text.trim())];
    this.#threads.add(thread);
    if (address.side === 'before') this.#before.set(thread, await lineAt(thread));
    setOpen(thread, true);
    await this.#keep(address.run);
  }

  async remove(argument: unknown): Promise<void> {
    const thread = this.#find(argument);
    if (thread === undefined) return;
    const run = runOf(thread);
    this.#threads.delete(thread);
    this.#before.delete(thread);
    thread.dispose();
    await this.#keep(run);
  }

  /** Opens what the person wrote for them to write it anew. */
  edit(argument: unknown): void {
    this.#change(argument, (text) => [noteOf(text, vscode.CommentMode.Editing)]);
  }

  /** `saved` false: it stays as it was. */
  async edited(argument: unknown, saved: boolean): Promise<void> {
    if (!isComment(argument)) return;
    const typed = typedIn(argument);
    const thread = this.#change(argument, (text) => [noteOf(saved && typed !== '' ? typed : text)]);
    if (thread !== undefined && saved) await this.#keep(runOf(thread));
  }

  /** The last one of a thread takes the thread with it. */
  async removeOne(argument: unknown): Promise<void> {
    const thread = this.#change(argument, () => []);
    if (thread?.comments.length === 0) await this.remove(thread);
    else if (thread !== undefined) await this.#keep(runOf(thread));
  }

  async resolve(argument: unknown, resolved: boolean): Promise<void> {
    const thread = this.#find(argument);
    if (thread === undefined) return;
    setOpen(thread, !resolved);
    await this.#keep(runOf(thread));
  }

  /** What would be sent now. */
  open(run: string): ReviewComment[] {
    this.#restore(run);
    return openComments(this.#stored(run));
  }

  /** The comments of a run have become its next round: they stay to be read, and are not sent again. */
  async sent(run: string): Promise<void> {
    for (const thread of this.#threads) if (runOf(thread) === run) setOpen(thread, false);
    await this.#keep(run);
  }

  /** Shows what was kept for a run, once. */
  #restore(run: string): void {
    if (this.#restored.has(run)) return;
    this.#restored.add(run);
    const stored = StoredThreads.safeParse(this.#kept.get(key(run)) ?? []);
    for (const { uri, line, texts, before, open } of stored.success ? stored.data : []) {
      const address = addressOf(vscode.Uri.parse(uri, true));
      if (address === null) continue;
      const range = new vscode.Range(line ?? 0, 0, line ?? 0, 0);
      // As documents are addressed today: that is how the thread is found in its document.
      const document = vscode.Uri.from(uriParts(address));
      const thread = this.#controller.createCommentThread(
        document,
        range,
        texts.map((text) => noteOf(text)),
      );
      if (line === null) thread.range = undefined;
      if (before !== null) this.#before.set(thread, before);
      this.#threads.add(thread);
      setOpen(thread, open);
    }
  }

  /** Puts others in the place of one comment. Undefined: it is none of these. */
  #change(argument: unknown, instead: (saved: string) => readonly Note[]): vscode.CommentThread | undefined {
    const thread = [...this.#threads].find(({ comments }) => comments.some((comment) => comment === argument));
    if (thread !== undefined)
      thread.comments = thread.comments.flatMap((comment): readonly vscode.Comment[] =>
        comment === argument ? instead(savedOf(comment)) : [comment],
      );
    return thread;
  }

  #find(argument: unknown): vscode.CommentThread | undefined {
    const thread = isReply(argument) ? argument.thread : argument;
    return isThread(thread) && this.#threads.has(thread) ? thread : undefined;
  }

  #stored(run: string): StoredThread[] {
    return [...this.#threads].flatMap((thread) => {
      const { uri, range, comments, state } = thread;
      const address = addressOf(uri);
      if (address?.run !== run || comments.length === 0) return [];
      const open = state === vscode.CommentThreadState.Unresolved;
      const line = range?.end.line ?? null;
      return [
        {
          uri: uri.toString(),
          path: address.path,
          line,
          texts: comments.map(savedOf),
          before: this.#before.get(thread) ?? null,
          open,
        },
      ];
    });
  }

  async #keep(run: string): Promise<void> {
    await this.#kept.update(key(run), this.#stored(run));
  }
}

/** The text at a thread's line; empty for one on the whole file. */
const lineAt = async ({ uri, range }: vscode.CommentThread): Promise<string> => {
  if (range === undefined) return '';
  const document = await vscode.workspace.openTextDocument(uri);
  return document.lineAt(Math.min(range.end.line, document.lineCount - 1)).text;
};

const runOf = ({ uri }: vscode.CommentThread): string => addressOf(uri)?.run ?? '';

const setOpen = (thread: vscode.CommentThread, open: boolean): void => {
  thread.canReply = true;
  thread.state = open ? vscode.CommentThreadState.Unresolved : vscode.CommentThreadState.Resolved;
  thread.contextValue = open ? 'open' : 'resolved';
  thread.label = open ? t('For the next round') : t('Resolved or sent');
};
