import * as vscode from 'vscode';

/** A row of one of our trees. */
export interface Node {
  item(): vscode.TreeItem;
  /** A promise where they are read from the runner. */
  children(): readonly Node[] | Promise<readonly Node[]>;
}

/** A row that only says something. */
export class FactNode implements Node {
  readonly #id: string;
  readonly #label: string;
  readonly #text: string;
  readonly #icon: string;
  constructor(id: string, fact: { readonly label: string; readonly text: string; readonly icon: string }) {
    this.#id = id;
    this.#label = fact.label;
    this.#text = fact.text;
    this.#icon = fact.icon;
  }
  item(): vscode.TreeItem {
    const item = new vscode.TreeItem(this.#label);
    item.id = this.#id;
    item.description = this.#text.replaceAll(/\s+/g, ' ');
    item.tooltip = plainTooltip(this.#text);
    item.iconPath = new vscode.ThemeIcon(this.#icon);
    item.accessibilityInformation = { label: `${this.#label}: ${this.#text}` };
    return item;
  }
  children(): readonly Node[] {
    return [];
  }
}

/** What a click on a run, or on something of it, does: the run's page. */
export const openRun = (run: string): vscode.Command => ({
  command: 'longhaul.openRun',
  title: 'Open Run',
  arguments: [run],
});

/** What agents and people wrote is shown as text: it makes no links and no images. */
export const plainTooltip = (text: string): vscode.MarkdownString => new vscode.MarkdownString().appendText(text);

/** A table of labelled texts, in which nothing of the texts is taken for Markdown. */
export const labelledTooltip = (rows: readonly (readonly [string, string])[]): vscode.MarkdownString => {
  const tooltip = new vscode.MarkdownString();
  for (const [label, text] of rows) {
    if (text === '') continue;
    tooltip.appendMarkdown(`**${label}** `).appendText(text).appendMarkdown('\n\n');
  }
  return tooltip;
};
