import { t } from '@vscode/l10n';
import type * as vscode from 'vscode';
import { isTold } from '../../ground/runs/told.ts';
import { headline, type Moment } from '../../../shared/run/story/moment.ts';
import { createStory, type Story } from '../../../shared/run/story/story.ts';
import type { Runs } from '../../ground/runs/runs.ts';
import { openRun, plainTooltip, type Icon, type Node } from '../../ground/node/node.ts';
import { oneLine } from '../../ground/text/one-line.ts';
import { inLocalTime, localTime } from '../../ground/text/local-time.ts';

/** Rows of a timeline in the tree, newest first; the run's page has them all. */
const shown = 30;

/** The timelines that are open in the tree, live: a run is followed from the moment its timeline is looked at until it is folded. */
export class OpenTimelines implements vscode.Disposable {
  readonly #runs: Runs;
  readonly #goesOn: (run: string) => void;
  readonly #open = new Map<string, { readonly story: Story; readonly following: vscode.Disposable }>();

  /** `goesOn` is told of each run whose timeline has more than before. */
  constructor(runs: Runs, goesOn: (run: string) => void) {
    this.#runs = runs;
    this.#goesOn = goesOn;
  }

  of(run: string): Story {
    const found = this.#open.get(run);
    if (found !== undefined) return found.story;
    const story = createStory();
    const following = this.#runs.follow(run, (events) => {
      for (const event of events) story.add(event);
      this.#goesOn(run);
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
  }
}

/** What happened in a run, the last first. */
export const timelineNode = (run: string, timelines: OpenTimelines): Node => ({
  row: () => ({ id: `run ${run} timeline`, label: t('Timeline'), icon: ['history'] }),
  children: () => {
    const moments = timelines.of(run).moments.filter(isTold);
    const rows = moments.slice(-shown).toReversed();
    const older = moments.length - rows.length;
    return [...rows.map((moment) => momentNode(run, moment)), ...(older === 0 ? [] : [olderNode(run, older)])];
  },
});

const icons: Record<Moment['mark'], Icon> = {
  ok: ['pass', 'testing.iconPassed'],
  bad: ['error', 'testing.iconFailed'],
  warning: ['warning', 'notificationsWarningIcon.foreground'],
  busy: ['loading~spin', 'charts.blue'],
  person: ['account'],
  model: ['sparkle'],
  note: ['circle-small-filled'],
};

const momentNode = (run: string, moment: Moment): Node => {
  const { key, at, mark } = moment;
  const detail = inLocalTime(moment.detail);
  const text = headline(moment);
  return {
    row: () => ({
      id: `run ${run} moment ${key}`,
      label: oneLine(text, 160),
      description: detail,
      icon: icons[mark],
      tooltip: plainTooltip(`${localTime(at)}\n${text}${detail === '' ? '' : `\n${detail}`}`),
      command: openRun(run),
      said: `${text}. ${detail}`,
    }),
  };
};

const olderNode = (run: string, count: number): Node => ({
  row: () => ({ id: `run ${run} earlier moments`, label: t('{0} earlier…', count), command: openRun(run) }),
});
