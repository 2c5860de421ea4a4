import * as vscode from 'vscode';
import { problemOf, showProblem } from '../problem/problem.ts';
import { framePage } from './frame.ts';
import { actionOf, changesSince, FromPage, type Page, type ShownPart, type ToPage } from './page.ts';

/** ms between two drawings of a page that changes all the time: below what a person can read. */
const drawMs = 100;
/** ms: what a person takes for live. */
const lookMs = 1_000;
/** ms after which spans such as "2 min left" are drawn again. */
const tickMs = 5_000;

/** What fills a panel. */
export interface PageSource extends vscode.Disposable {
  /** Fires when `page` would be another one. */
  readonly onDidChange: vscode.Event<void>;
  /** Null: not known yet. */
  page(): Page | null;
  /** Looks at what nobody tells of: asked for every second that somebody sees the page, and fires if it is another one. Throws what the connection throws. */
  look(): Promise<void>;
  /** What a row holds. */
  parts(key: string): Promise<readonly ShownPart[]>;
  /** An image, as an address that is its content; null: there is none of that key. Throws what the connection throws. */
  image(key: string): Promise<string | null>;
  /** Shows a part of a row, by its place, in an editor. Throws what the API throws. */
  openPart(key: string, part: number): Promise<void>;
  /** Throws what the API throws. */
  send(text: string): Promise<void>;
}

export interface Filling {
  readonly source: PageSource;
  readonly extension: vscode.ExtensionContext;
  /** What is needed to open the same page again after a restart. */
  readonly kept: Readonly<Record<string, string>>;
}

/** Has the source look as long as somebody sees its page; one look after the other. */
const lookAgain = (source: PageSource, isSeen: () => boolean): NodeJS.Timeout => {
  let looking = false;
  return setInterval(() => {
    if (looking || !isSeen()) return;
    looking = true;
    // The next one may do better; that the runner is away, other places say.
    void source
      .look()
      .catch(() => {})
      .finally(() => (looking = false));
  }, lookMs);
};

/** Keeps a webview showing a source, until either is closed. */
export const fillPanel = (panel: vscode.WebviewPanel, { source, extension, kept }: Filling): void => {
  const { webview } = panel;
  let shown: Page | null = null;
  let ready = false;
  let timer: NodeJS.Timeout | null = null;

  const post = (message: ToPage): void => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- VS Code's own channel, not a window's
    webview.postMessage(message).then(undefined, () => undefined);
  };
  const draw = (): void => {
    const page = source.page();
    if (page === null) return;
    panel.title = page.title.length > 40 ? `${page.title.slice(0, 39)}…` : page.title;
    if (!ready || !panel.visible) return;
    const change = changesSince(shown, page);
    const fresh = shown === null;
    const same = !fresh && JSON.stringify(shown) === JSON.stringify(page);
    shown = page;
    if (!same) post({ type: 'page', page: change, kept: fresh ? kept : null });
  };
  const drawSoon = (): void => {
    timer ??= setTimeout(() => {
      timer = null;
      draw();
    }, drawMs);
  };
  const take = async (message: FromPage): Promise<void> => {
    switch (message.type) {
      case 'ready':
        ready = true;
        shown = null;
        return draw();
      case 'open':
        return post({ type: 'parts', key: message.key, parts: await source.parts(message.key) });
      case 'look':
        return post({ type: 'image', key: message.key, source: await source.image(message.key).catch(() => null) });
      case 'read':
        return source.openPart(message.key, message.part);
      case 'press': {
        const action = actionOf(shown, message.button);
        if (action !== null) await vscode.commands.executeCommand(action.command, action.argument);
        return;
      }
      case 'message':
        try {
          await source.send(message.text);
          post({ type: 'sent' });
        } catch (error) {
          post({ type: 'failed', message: problemOf(error).message });
        }
    }
  };

  const clock = setInterval(draw, tickMs);
  const looks = lookAgain(source, () => ready && panel.visible);
  const listeners = vscode.Disposable.from(
    source,
    source.onDidChange(drawSoon),
    // A hidden page is thrown away and made anew: it says "ready" again.
    panel.onDidChangeViewState(() => {
      if (!panel.visible) ready = false;
    }),
    webview.onDidReceiveMessage((value: unknown) => {
      const message = FromPage.safeParse(value);
      if (message.success) take(message.data).catch(showProblem);
    }),
    new vscode.Disposable(() => {
      clearInterval(clock);
      clearInterval(looks);
      if (timer !== null) clearTimeout(timer);
    }),
  );
  panel.onDidDispose(() => listeners.dispose());
  framePage(panel, extension, 'page');
};
