import { t } from '@vscode/l10n';
import type { ListedFiring } from '../../../shared/api/triggers.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { card, createTree, factNode, openRun, type Node, type Tree } from '../../ground/node/node.ts';
import { keyOf, type Automation } from './automation.ts';
import type { Automations } from './automations.ts';
import { knownIn } from './known-in.ts';
import { automationRow, firingRow, type Around } from './row.ts';

/** The row of a trigger; commands of its menu are called with it. */
interface AutomationNode extends Node {
  readonly automation: Automation;
}

export interface AutomationsTree extends Pick<Tree, 'treeDataProvider'> {
  redraw(): void;
  /** Draws the rows anew that say how these runs are. */
  refresh(changed: ReadonlySet<string>): void;
}

/** One row for each trigger; its children are what came of it lately, each with its run a click away. `readFirst` is called while nothing was read. */
export const createAutomationsTree = (
  { runs, pending }: Pick<Longhaul, 'runs' | 'pending'>,
  automations: Automations,
  readFirst: () => void,
): AutomationsTree => {
  const shown = new Map<string, { readonly run: string; readonly node: Node }>();
  const saying = (run: string | undefined, id: string, node: Node): void => {
    if (run !== undefined) shown.set(id, { run, node });
  };
  const knownOf = knownIn(runs);
  const tree = createTree(
    () => {
      shown.clear();
      // Nobody asks for the rows of a view that is folded.
      if (automations.all === null) readFirst();
      const all = automations.all ?? [];
      const several = new Set(all.map(({ repository }) => repository)).size > 1;
      return all.map((automation) => {
        const node = automationNode(automation, { knownOf, several }, async () => {
          const { firings } = await automations.shown(automation);
          const rows = firings.map((firing, index) => {
            const id = `firing ${keyOf(automation)} ${index}`;
            const row = firingNode(id, firing, knownOf);
            saying(firing.run?.run, id, row);
            return row;
          });
          return rows.length > 0 ? rows : [nothing(automation)];
        });
        saying(automation.listed?.last?.run, keyOf(automation), node);
        return node;
      });
    },
    (run) => pending.isSlow(run),
  );
  return {
    treeDataProvider: tree.treeDataProvider,
    redraw: () => tree.redraw(),
    refresh: (changed) => {
      const rows = [...shown.values()].filter(({ run }) => changed.has(run)).map(({ node }) => node);
      if (rows.length > 0) tree.redraw(rows);
    },
  };
};

const automationNode = (
  automation: Automation,
  around: Around,
  firings: () => Promise<readonly Node[]>,
): AutomationNode => ({
  automation,
  row: () => {
    const { facts, label, ...row } = automationRow(automation, around);
    return { ...row, id: `automation ${keyOf(automation)}`, label, tooltip: card(label, facts) };
  },
  ...(automation.listed === null ? {} : { children: firings }),
});

const firingNode = (id: string, firing: ListedFiring, knownOf: Around['knownOf']): Node => ({
  ...(firing.run === null ? {} : { run: firing.run.run }),
  row: () => {
    const { facts, label, ...row } = firingRow(firing, { knownOf });
    return {
      ...row,
      id,
      label,
      tooltip: card(label, facts),
      ...(firing.run === null ? {} : { command: openRun(firing.run.run) }),
    };
  },
});

const nothing = (automation: Automation): Node =>
  factNode(`firing ${keyOf(automation)}`, t('Nothing yet'), {
    text: t('nothing has come of it within 30 days'),
    icon: 'dash',
  });
