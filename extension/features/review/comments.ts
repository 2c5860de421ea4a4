import * as vscode from 'vscode';
import type { ReviewComment } from '../../../shared/run/events.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { addressOf } from './address.ts';
import { openComments, StoredThreads, type StoredThread } from './comment-store.ts';

const key = (run: string): string => `longhaul.review.comments/${run}`;

interface Thread {
  readonly run: string;
  readonly shown: vscode.CommentThread;
}

const isThread = (value: unknown): value is vscode.CommentThread =>
  typeof value === 'object' && value !== null && 'comments' in value && 'uri' in value;
const isReply = (value: unknown): value is vscode.CommentReply =>
  typeof value === 'object' && value !== null && 'thread' in value && 'text' in value;

const author = { name: 'You' };
const commentOf = (text: string): vscode.Comment => ({
  body: text,
  mode: vscode.CommentMode.Preview,
  author,
});
const textOf = ({ body }: vscode.Comment): string => (typeof body === 'string' ? body : body.value);

/** Comments on the result, kept in the workspace until they are sent with *Request Changes* as the next round. */
export class ReviewComments implements vscode.Disposable {
  readonly #longhaul: Longhaul;
  readonly #controller: vscode.CommentController;
  readonly #threads = new Set<Thread>();
  readonly #restored = new Set<string>();
  readonly #registrations: readonly vscode.Disposable[];

  constructor(longhaul: Longhaul) {
    this.#longhaul = longhaul;
    this.#controller = vscode.comments.createCommentController('longhaul.review', 'Longhaul Review');
    this.#controller.options = {
      prompt: 'Comment for the next round…',
      placeHolder: 'What should be different here? It is sent with Request Changes.',
    };
    this.#controller.commentingRangeProvider = {
      provideCommentingRanges: (document) =>
        addressOf(document.uri)?.side === 'after'
          ? { enableFileComments: true, ranges: [new vscode.Range(0, 0, Math.max(0, document.lineCount - 1), 0)] }
          : undefined,
    };
    this.#registrations = [
      this.#controller,
      vscode.workspace.onDidOpenTextDocument(({ uri }) => {
        const address = addressOf(uri);
        if (address !== null) this.#restore(address.run);
      }),
    ];
  }

  dispose(): void {
    for (const registration of this.#registrations) registration.dispose();
  }

  /** What the person wrote into a new thread or below an older comment. */
  async add(reply: unknown): Promise<void> {
    if (!isReply(reply) || reply.text.trim() === '') return;
    const { thread } = reply;
    const address = addressOf(thread.uri);
    if (address === null) return;
    this.#restore(address.run);
    thread.comments = [...thread.comments, commentOf(reply.text.trim())];
    if (![...this.#threads].some(({ shown }) => shown === thread))
      this.#threads.add(present({ run: address.run, shown: thread }, true));
    else setOpen(thread, true);
    await this.#keep(address.run);
  }

  async remove(argument: unknown): Promise<void> {
    const thread = this.#find(argument);
    if (thread === undefined) return;
    this.#threads.delete(thread);
    thread.shown.dispose();
    await this.#keep(thread.run);
  }

  async resolve(argument: unknown, resolved: boolean): Promise<void> {
    const thread = this.#find(argument);
    if (thread === undefined) return;
    setOpen(thread.shown, !resolved);
    await this.#keep(thread.run);
  }

  /** What would be sent now. */
  open(run: string): ReviewComment[] {
    this.#restore(run);
    return openComments(this.#stored(run));
  }

  /** The comments of a run have become its next round: they stay to be read, and are not sent again. */
  async sent(run: string): Promise<void> {
    for (const thread of this.#threads) if (thread.run === run) setOpen(thread.shown, false);
    await this.#keep(run);
  }

  /** Shows what was kept for a run, once. */
  #restore(run: string): void {
    if (this.#restored.has(run)) return;
    this.#restored.add(run);
    const stored = StoredThreads.safeParse(this.#longhaul.extension.workspaceState.get(key(run)) ?? []);
    for (const { uri, line, texts, open } of stored.success ? stored.data : []) {
      const range = new vscode.Range(line ?? 0, 0, line ?? 0, 0);
      const shown = this.#controller.createCommentThread(vscode.Uri.parse(uri, true), range, texts.map(commentOf));
      if (line === null) shown.range = undefined;
      this.#threads.add(present({ run, shown }, open));
    }
  }

  #find(argument: unknown): Thread | undefined {
    const thread = isReply(argument) ? argument.thread : argument;
    return isThread(thread) ? [...this.#threads].find(({ shown }) => shown === thread) : undefined;
  }

  #stored(run: string): StoredThread[] {
    return [...this.#threads].flatMap((thread) => {
      const address = addressOf(thread.shown.uri);
      if (thread.run !== run || address === null || thread.shown.comments.length === 0) return [];
      return [
        {
          uri: thread.shown.uri.toString(),
          path: address.path,
          line: thread.shown.range?.end.line ?? null,
          texts: thread.shown.comments.map(textOf),
          open: thread.shown.state === vscode.CommentThreadState.Unresolved,
        },
      ];
    });
  }

  async #keep(run: string): Promise<void> {
    await this.#longhaul.extension.workspaceState.update(key(run), this.#stored(run));
  }
}

const setOpen = (thread: vscode.CommentThread, open: boolean): void => {
  thread.state = open ? vscode.CommentThreadState.Unresolved : vscode.CommentThreadState.Resolved;
  thread.contextValue = open ? 'open' : 'resolved';
  thread.label = open ? 'For the next round' : 'Resolved or sent';
};

const present = (thread: Thread, open: boolean): Thread => {
  thread.shown.canReply = true;
  setOpen(thread.shown, open);
  return thread;
};
