import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { escaped } from '../text/markdown.ts';

/** Of VS Code's icons and colours. */
export type Icon = readonly [name: string, color?: string | undefined];

/** What a row shows. What agents and people wrote is shown as text: it makes no links and no images. */
export interface Row extends Pick<vscode.TreeItem, 'id' | 'description' | 'tooltip' | 'command' | 'contextValue'> {
  readonly label: string;
  readonly icon?: Icon;
  /** What a screen reader says of it; left out: its label and its description. */
  readonly said?: string;
  /** Its children are shown before anybody asks for them. */
  readonly unfolded?: boolean;
}

/** A row of one of our trees. */
export interface Node {
  /** As it is now: asked for whenever it is drawn. */
  row(): Row;
  /** The run that it is about, where it is asked about from this row. */
  readonly run?: string;
  /** A promise where they are read from the runner. Left out: it has none, ever. */
  readonly children?: () => readonly Node[] | Promise<readonly Node[]>;
}

/** A tree of rows, and how to have it drawn anew: some rows of it, or all. */
export interface Tree {
  readonly treeDataProvider: vscode.TreeDataProvider<Node>;
  redraw(rows?: readonly Node[]): void;
}

/** Rows of a run whose answer `isSlow` say that, and offer nothing meanwhile. */
export const createTree = (roots: () => readonly Node[], isSlow: (run: string) => boolean): Tree => {
  const changed = new vscode.EventEmitter<Node[] | undefined>();
  return {
    treeDataProvider: {
      onDidChangeTreeData: changed.event,
      getTreeItem: (node) => itemOf(node, node.run !== undefined && isSlow(node.run)),
      // Asked for when somebody points at the row: of hundreds of rows, what nobody reads is not sent to the window.
      resolveTreeItem: (item, node) => Object.assign(item, { tooltip: node.row().tooltip }),
      getChildren: async (node) => [...(node === undefined ? roots() : ((await node.children?.()) ?? []))],
    },
    redraw: (rows) => changed.fire(rows && [...rows]),
  };
};

const itemOf = (node: Node, slow: boolean): vscode.TreeItem => {
  const { label, icon, said, unfolded, tooltip: _, ...rest } = slow ? waiting(node.row()) : node.row();
  const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
  const state = node.children === undefined ? None : unfolded ? Expanded : Collapsed;
  const item = Object.assign(new vscode.TreeItem(label, state), rest);
  if (icon !== undefined) {
    const [name, color] = icon;
    item.iconPath = new vscode.ThemeIcon(name, color === undefined ? undefined : new vscode.ThemeColor(color));
  }
  item.accessibilityInformation = { label: said ?? [label, rest.description].filter(Boolean).join(', ') };
  return item;
};

/** Of a kind that no button and no entry of a menu is for. */
const waiting = ({ said, ...row }: Row): Row => ({
  ...row,
  contextValue: 'waiting',
  description: t('waiting for the runner…'),
  icon: ['loading~spin'],
  said: t('{0}, waiting for the runner', said ?? row.label),
});

/** A row that only says something. */
export const factNode = (id: string, label: string, { text, icon }: Fact): Node => ({
  row: () => ({
    id,
    label,
    description: text.replaceAll(/\s+/g, ' '),
    tooltip: plainTooltip(text),
    icon: [icon],
    said: `${label}: ${text}`,
  }),
});

interface Fact {
  readonly text: string;
  readonly icon: string;
}

/** Facts by their labels; those without a text are left out. */
export const factNodes = (id: string, facts: Readonly<Record<string, Fact>>): readonly Node[] =>
  Object.entries(facts)
    .filter(([, { text }]) => text !== '')
    .map(([label, fact]) => factNode(`${id} ${label}`, label, fact));

/** What a click on a run, or on something of it, does: the run's page. */
export const openRun = (run: string): vscode.Command => ({
  command: 'longhaul.openRun',
  title: t('Open Run'),
  arguments: [run],
});

export const plainTooltip = (text: string): vscode.MarkdownString => new vscode.MarkdownString(escaped(text));

/** A card under a title: labelled texts, in which nothing is taken for Markdown; those that are empty are left out. */
export const card = (title: string, rows: Readonly<Record<string, string>>): vscode.MarkdownString =>
  addRows(new vscode.MarkdownString(`### ${escaped(title.replaceAll(/\s+/g, ' '))}\n\n`), rows);

/** A table of labelled texts, in which nothing of the texts is taken for Markdown. */
export const labelledTooltip = (rows: Readonly<Record<string, string>>): vscode.MarkdownString =>
  addRows(new vscode.MarkdownString(), rows);

const addRows = (tooltip: vscode.MarkdownString, rows: Readonly<Record<string, string>>): vscode.MarkdownString => {
  for (const [label, text] of Object.entries(rows))
    if (text !== '') tooltip.appendMarkdown(`**${escaped(label)}** ${escaped(text)}\n\n`);
  return tooltip;
};
