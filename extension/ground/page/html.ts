import { t } from '@vscode/l10n';

export interface PageFrame {
  /** Fresh random text for this page alone; only the script that names it runs. */
  readonly nonce: string;
  /** Where the webview may load from, as VS Code gives it. */
  readonly cspSource: string;
  readonly script: string;
  readonly style: string;
  readonly title: string;
  /** The language of the window, as HTML names it. */
  readonly language: string;
  /** The extension's texts in that language, by the English ones; null: it is English. */
  readonly texts: Readonly<Record<string, string>> | null;
}

/** The frame of a page. It holds nothing of any run: contents come as messages and are set as text. */
export const pageHtml = ({
  nonce,
  cspSource,
  script,
  style,
  title,
  language,
  texts,
}: PageFrame): string => `<!DOCTYPE html>
<html lang="${escape(language)}">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; style-src ${escape(cspSource)}; script-src 'nonce-${escape(nonce)}'">
<meta name="viewport" content="width=device-width, initial-scale=1.0">
<link rel="stylesheet" href="${escape(style)}">
<title>${escape(title)}</title>
</head>
<body data-texts="${escape(JSON.stringify(texts ?? {}))}">
<main id="page" aria-busy="true"><p class="dim">${escape(t('Reading the log…'))}</p></main>
<div id="live" class="unseen" role="status" aria-live="polite"></div>
<script nonce="${escape(nonce)}" src="${escape(script)}"></script>
</body>
</html>`;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text within an element or an attribute. */
const escape = (text: string): string => text.replace(/[&<>"']/g, (char) => entities[char] ?? char);
