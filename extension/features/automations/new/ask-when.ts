import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { typedLine, type Typed } from '../../../ground/ask/typed.ts';
import { localTime } from '../../../ground/text/local-time.ts';
import { comparedWith, nextTimes, whenFault, type ScheduleOf } from './definition.ts';
import type { When } from './draft.ts';
import { eventNames } from './rows.ts';

interface Asking {
  readonly title: string;
  readonly scheduleOf: ScheduleOf;
  readonly typed: Typed;
}

/** Where the person is: what their clock says is what they mean. */
const here = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

const presets: readonly (readonly [label: string, schedule: string])[] = [
  [t('Each night before a working day'), '30 2 * * 1-5'],
  [t('Each night'), '30 2 * * *'],
  [t('Each Monday morning'), '0 6 * * 1'],
  [t('The first of each month'), '0 6 1 * *'],
  [t('Each hour'), '@hourly'],
];

type Item = vscode.QuickPickItem & {
  /** Asks what else has to be said; undefined: dismissed. */
  readonly ask: () => Promise<When | undefined>;
};

const heading = (label: string): Item => ({
  label,
  kind: vscode.QuickPickItemKind.Separator,
  ask: () => Promise.resolve(undefined),
});

/** What begins it; undefined: dismissed. */
export const askWhen = async (asking: Asking, before: When | null): Promise<When | undefined> => {
  const timeZone = before?.kind === 'schedule' ? before.timeZone : here();
  const items: readonly Item[] = [
    heading(t('On a Schedule')),
    ...presets.map(([label, schedule]) => ({
      label: `$(watch) ${label}`,
      description: schedule,
      ask: () => Promise.resolve({ kind: 'schedule' as const, schedule, timeZone }),
    })),
    {
      label: `$(watch) ${t('At other times…')}`,
      description: t('minute, hour, day of the month, month, day of the week'),
      ask: () => askSchedule(asking, before?.kind === 'schedule' ? before.schedule : '', timeZone),
    },
    heading(t('On GitHub or GitLab')),
    ...Object.entries(eventNames).map(([event, label]) => ({
      label: `$(github) ${label}`,
      description: event,
      ask: () => askEvent(asking, event, label),
    })),
    heading(t('Elsewhere')),
    {
      label: `$(globe) ${t('A webhook is called')}`,
      description: t('one that the configuration of the runner names'),
      ask: () => askWebhook(asking),
    },
  ];
  const chosen = await vscode.window.showQuickPick(items, {
    title: t('{0}: What Begins It?', asking.title),
    matchOnDescription: true,
    ignoreFocusOut: true,
  });
  return chosen?.ask();
};

const ask = async (
  { title, scheduleOf, typed }: Asking,
  said: Omit<vscode.InputBoxOptions, 'validateInput'>,
  whenOf: (text: string) => When,
): Promise<When | undefined> => {
  const text = await typedLine(typed, said.title ?? title, {
    title,
    ...said,
    validateInput: (value) => {
      const when = whenOf(value.trim());
      const fault = whenFault(when, scheduleOf);
      if (fault !== null) return value.trim() === '' ? t('Something has to stand here.') : fault;
      const times = nextTimes(when, Date.now(), scheduleOf).map(localTime);
      return times.length === 0
        ? null
        : { message: t('Next: {0}', times.join(' · ')), severity: vscode.InputBoxValidationSeverity.Info };
    },
  });
  return text === undefined ? undefined : whenOf(text.trim());
};

const askSchedule = (asking: Asking, value: string, timeZone: string): Promise<When | undefined> =>
  ask(
    asking,
    {
      title: t('{0}: At Which Times?', asking.title),
      prompt: t(
        'As cron has them, by the clock of {0}: minute, hour, day of the month, month, day of the week.',
        timeZone,
      ),
      placeHolder: '30 2 * * 1-5',
      value,
    },
    (schedule) => ({ kind: 'schedule', schedule, timeZone }),
  );

/** What it is compared with: what is asked, and what stands there at first. */
const questionOf = (field: 'label' | 'assignee' | 'command' | 'branch'): readonly [prompt: string, value: string] => {
  switch (field) {
    case 'label':
      return [t('Which label?'), 'agent'];
    case 'assignee':
      return [t('Which login?'), ''];
    case 'command':
      return [t('Which word, behind "/longhaul"?'), 'fix'];
    case 'branch':
      return [t('Which branch?'), 'main'];
  }
};

const askEvent = (asking: Asking, event: string, label: string): Promise<When | undefined> => {
  const field = Object.entries(comparedWith).find(([kind]) => kind === event)?.[1] ?? null;
  // It has one value.
  if (field === 'state') return Promise.resolve({ kind: 'github', event, value: 'changes-requested' });
  if (field === null) return Promise.resolve({ kind: 'github', event, value: null });
  const [prompt, value] = questionOf(field);
  return ask(asking, { title: `${asking.title}: ${label}`, prompt, value }, (said) => ({
    kind: 'github',
    event,
    value: said,
  }));
};

const askWebhook = (asking: Asking): Promise<When | undefined> =>
  ask(
    asking,
    {
      title: t('{0}: Which Webhook?', asking.title),
      prompt: t('The name that the configuration of the runner has for it (webhooks).'),
    },
    (name) => ({ kind: 'webhook', name }),
  );

/** By which clock; undefined: dismissed. */
export const askTimeZone = async (
  asking: Asking,
  when: Extract<When, { kind: 'schedule' }>,
): Promise<When | undefined> =>
  ask(
    asking,
    {
      title: t('{0}: By Which Clock?', asking.title),
      prompt: t('The name of a time zone, such as Europe/Berlin or UTC.'),
      value: when.timeZone,
    },
    (timeZone) => ({ ...when, timeZone }),
  );
