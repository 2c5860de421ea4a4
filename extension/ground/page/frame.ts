import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { pageHtml } from './html.ts';

/** Opens one of our pages in a panel: the script and the style of that name make it. Neither loads anything else. */
export const framePage = (
  { webview, title }: vscode.WebviewPanel,
  { extensionUri }: vscode.ExtensionContext,
  name: 'page' | 'history',
): void => {
  const folder = vscode.Uri.joinPath(extensionUri, 'dist', 'extension');
  const own = (file: string): string => webview.asWebviewUri(vscode.Uri.joinPath(folder, file)).toString();
  webview.options = { enableScripts: true, localResourceRoots: [folder], enableCommandUris: false };
  webview.html = pageHtml({
    nonce: randomBytes(24).toString('base64url'),
    cspSource: webview.cspSource,
    script: own(`${name}.js`),
    style: own(`${name}.css`),
    title,
    language: vscode.env.language,
    texts: vscode.l10n.bundle ?? null,
  });
};
