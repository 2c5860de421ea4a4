import { t } from '@vscode/l10n';
import type { ListedFiring, TriggeredRun } from '../../../shared/api/triggers.ts';
import { inputTexts, limitTexts, publishText, whenText } from '../../../shared/recipe/trigger-text.ts';
import { isScheduled } from '../../../shared/recipe/trigger.ts';
import { cleanLine } from '../../../shared/text/clean.ts';
import type { Icon } from '../../ground/node/node.ts';
import { statusIcon } from '../../ground/runs/status-icon.ts';
import { localTime } from '../../ground/text/local-time.ts';
import { oneLine } from '../../ground/text/one-line.ts';
import { costText, repositoryName } from '../../ground/text/text.ts';
import type { Automation } from './automation.ts';

/** A row without anything of VS Code's. */
export interface AutomationRow {
  readonly label: string;
  readonly description: string;
  readonly icon: Icon;
  /** What menus go by. */
  readonly contextValue: string;
  readonly said: string;
  /** Those that are empty are not shown. */
  readonly facts: Readonly<Record<string, string>>;
}

/** What else the row says. */
export interface Around {
  /** How a run is known to be by now; undefined: it is not. */
  readonly knownOf: (run: string) => Pick<TriggeredRun, 'status' | 'failedChecks'> | undefined;
  /** Whether there are those of other repositories. */
  readonly several: boolean;
}

export const automationRow = (automation: Automation, { knownOf, several }: Around): AutomationRow => {
  const { name, repository, listed } = automation;
  const state = stateText(automation);
  const next = nextText(automation);
  const last = listed?.last ?? null;
  const came = last === null ? '' : runText({ ...last, ...knownOf(last.run) });
  const of = repositoryName(repository);
  return {
    label: cleanLine(name),
    description: [several ? of : '', state, came, next].filter(Boolean).join(' · '),
    icon: iconOf(automation),
    contextValue: `automation.${contextOf(automation)}`,
    said: t(
      'Automation {0}: {1}. In {2}.',
      cleanLine(name),
      [
        state,
        next,
        came === '' ? t('no run yet') : t('last: {0}', came),
        oneLine(listed?.problem ?? '', 200).replace(/\.$/, ''),
      ]
        .filter(Boolean)
        .join(', '),
      of,
    ),
    facts: {
      [t('State')]: state,
      [listed?.standing === 'on' || listed?.trigger == null ? t('Problem') : t('What Went Wrong')]:
        listed?.problem ?? (listed === null ? notThere : ''),
      ...definitionFacts(automation),
      [t('Authority')]: listed?.enabledBy == null ? '' : cleanLine(listed.enabledBy),
      [t('Next')]: listed?.nextAt == null ? '' : localTime(listed.nextAt),
      [t('Last')]: last === null ? '' : t('{0}, {1}', localTime(last.at), came),
      [t('Spent in 30 Days')]: spentText(automation),
      [t('Repository')]: repository,
    },
  };
};

const notThere = t('It counts once it is on the default branch, and begins runs once it is enabled.');

/** What its file says: what it is about to whoever enables it. */
export const definitionFacts = ({ listed }: Pick<Automation, 'listed'>): Readonly<Record<string, string>> => {
  if (listed?.trigger == null) return {};
  const { trigger } = listed;
  const published = publishText(trigger);
  return {
    [t('Begins')]: whenText(trigger),
    [t('Recipe')]: [trigger.recipe ?? '', ...inputTexts(trigger)].filter(Boolean).join(', '),
    [t('Goal')]: oneLine(trigger.goal, 600),
    [t('Limits')]: limitTexts(trigger).join(', '),
    [t('Results')]: published ?? t('wait for review'),
  };
};

/** In the words of `longhaul triggers`. */
const stateText = ({ listed }: Automation): string => {
  if (listed === null) return t('not on the default branch yet');
  const broken = listed.trigger === null;
  switch (listed.standing) {
    case 'on':
      return broken ? t('on, but cannot be used') : listed.problem === null ? t('on') : t('on, with a problem');
    case 'off':
      return broken ? t('cannot be used') : listed.problem === null ? t('off') : t('off, with a problem');
    case 'paused':
      return broken ? t('paused, cannot be used') : t('paused');
    case 'stopped':
      return t('stopped after failures');
  }
};

const nextText = ({ listed }: Automation): string => {
  if (listed?.nextAt != null) return t('next {0}', localTime(listed.nextAt));
  return listed?.standing === 'on' && listed.trigger !== null && !isScheduled(listed.trigger)
    ? t('waits {0}', whenText(listed.trigger))
    : '';
};

const runText = ({ number, status, failedChecks }: Omit<TriggeredRun, 'run'>): string => {
  if (failedChecks === 0) return t('run {0} {1}', number, status);
  return failedChecks === 1
    ? t('run {0} {1}, 1 check failed', number, status)
    : t('run {0} {1}, {2} checks failed', number, status, failedChecks);
};

const spentText = ({ listed }: Automation): string => {
  if (listed === null || listed.spent.runs === 0) return '';
  const { runs } = listed.spent;
  const cost = costText(listed.spent);
  return runs === 1 ? t('{0} by 1 run', cost) : t('{0} by {1} runs', cost, runs);
};

/** What can be done with it: `on` and `off`; `lost`: it is on, and cannot be used; `broken`: neither; `local`: it is only in a folder. */
const contextOf = ({ listed }: Automation): string => {
  if (listed === null) return 'local';
  if (listed.standing === 'on') return listed.trigger === null ? 'lost' : listed.problem === null ? 'on' : 'troubled';
  return listed.trigger === null ? 'broken' : 'off';
};

const iconOf = ({ listed }: Automation): Icon => {
  if (listed === null) return ['edit'];
  if (listed.standing === 'stopped') return ['error', 'testing.iconFailed'];
  if (listed.trigger === null || ((listed.standing === 'on' || listed.standing === 'off') && listed.problem !== null))
    return ['warning', 'problemsWarningIcon.foreground'];
  if (listed.standing === 'paused') return ['debug-pause', 'charts.yellow'];
  const icon = isScheduled(listed.trigger) ? 'watch' : 'zap';
  return listed.standing === 'on' ? [icon, 'charts.green'] : [icon, 'disabledForeground'];
};

export const firingRow = (
  { at, about, url, run, said, unpublished }: ListedFiring,
  { knownOf }: Pick<Around, 'knownOf'>,
): AutomationRow => {
  const begun = run === null ? null : { ...run, ...knownOf(run.run) };
  const came = begun === null ? t('no run') : runText(begun);
  const when = localTime(at);
  const why = said ?? (unpublished === null ? '' : t('Not published by itself: {0}', unpublished));
  return {
    label: came,
    description: [cleanLine(about), when].filter(Boolean).join(' · '),
    icon: begun === null ? ['circle-slash', 'disabledForeground'] : statusIcon(begun.status, begun.failedChecks > 0),
    contextValue: run === null ? 'firing.none' : 'firing.run',
    said: t('{0}: {1}, for {2}. {3}', when, came, cleanLine(about), cleanLine(why)).trim(),
    facts: { [t('At')]: when, [t('For')]: about, [t('Why')]: why, [t('Where')]: url ?? '' },
  };
};
