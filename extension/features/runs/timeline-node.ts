import * as vscode from 'vscode';
import { isTold } from '../../ground/runs/told.ts';
import { headline, type Moment } from '../../../shared/run/story/moment.ts';
import { createStory, type Story } from '../../../shared/run/story/story.ts';
import type { Runs } from '../../ground/runs/runs.ts';
import { openRun, plainTooltip, type Node } from '../../ground/node/node.ts';
import { oneLine } from '../../ground/text/text.ts';

/** Rows of a timeline in the tree, newest first; the run's page has them all. */
const SHOWN = 30;

/** The timelines that are open in the tree, live: a run is followed from the moment its timeline is looked at until it is folded. */
export class OpenTimelines implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<string>();
  /** The run whose timeline went on. */
  readonly onDidChange = this.#changed.event;
  readonly #runs: Runs;
  readonly #open = new Map<string, { readonly story: Story; readonly following: vscode.Disposable }>();

  constructor(runs: Runs) {
    this.#runs = runs;
  }

  of(run: string): Story {
    const found = this.#open.get(run);
    if (found !== undefined) return found.story;
    const story = createStory();
    const following = this.#runs.follow(run, (events) => {
      for (const event of events) story.add(event);
      this.#changed.fire(run);
    });
    this.#open.set(run, { story, following });
    return story;
  }

  close(run: string): void {
    this.#open.get(run)?.following.dispose();
    this.#open.delete(run);
  }

  dispose(): void {
    for (const run of this.#open.keys()) this.close(run);
    this.#changed.dispose();
  }
}

/** What happened in a run, the last first. */
export class TimelineNode implements Node {
  readonly run: string;
  readonly #timelines: OpenTimelines;
  constructor(run: string, timelines: OpenTimelines) {
    this.run = run;
    this.#timelines = timelines;
  }

  item(): vscode.TreeItem {
    const item = new vscode.TreeItem('Timeline', vscode.TreeItemCollapsibleState.Collapsed);
    item.id = `run ${this.run} timeline`;
    item.iconPath = new vscode.ThemeIcon('history');
    return item;
  }

  children(): readonly Node[] {
    const moments = this.#timelines.of(this.run).moments.filter(isTold);
    const rows = moments.slice(-SHOWN).toReversed();
    const older = moments.length - rows.length;
    return [
      ...rows.map((moment) => new MomentNode(this.run, moment)),
      ...(older === 0 ? [] : [new OlderNode(this.run, older)]),
    ];
  }
}

const icons: Record<Moment['mark'], readonly [icon: string, color: string | undefined]> = {
  ok: ['pass', 'testing.iconPassed'],
  bad: ['error', 'testing.iconFailed'],
  warning: ['warning', 'notificationsWarningIcon.foreground'],
  busy: ['loading~spin', 'charts.blue'],
  person: ['account', undefined],
  model: ['sparkle', undefined],
  note: ['circle-small-filled', undefined],
};

class MomentNode implements Node {
  readonly #run: string;
  readonly #moment: Moment;
  constructor(run: string, moment: Moment) {
    this.#run = run;
    this.#moment = moment;
  }

  item(): vscode.TreeItem {
    const { key, detail, at, mark } = this.#moment;
    const text = headline(this.#moment);
    const item = new vscode.TreeItem(oneLine(text, 160));
    const [icon, color] = icons[mark];
    item.id = `run ${this.#run} moment ${key}`;
    item.description = detail;
    item.iconPath = new vscode.ThemeIcon(icon, color === undefined ? undefined : new vscode.ThemeColor(color));
    item.tooltip = plainTooltip(`${new Date(at).toLocaleString()}\n${text}${detail === '' ? '' : `\n${detail}`}`);
    item.command = openRun(this.#run);
    item.accessibilityInformation = { label: `${text}. ${detail}` };
    return item;
  }

  children(): readonly Node[] {
    return [];
  }
}

class OlderNode implements Node {
  readonly #run: string;
  readonly #count: number;
  constructor(run: string, count: number) {
    this.#run = run;
    this.#count = count;
  }

  item(): vscode.TreeItem {
    const item = new vscode.TreeItem(`${this.#count} earlier…`);
    item.id = `run ${this.#run} earlier moments`;
    item.command = openRun(this.#run);
    return item;
  }

  children(): readonly Node[] {
    return [];
  }
}
