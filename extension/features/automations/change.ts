import { randomUUID } from 'node:crypto';
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { ListedTrigger } from '../../../shared/api/triggers.ts';
import { untrustedOf } from '../../../shared/client/untrusted.ts';
import { isScheduled, wantedBy } from '../../../shared/recipe/trigger.ts';
import { cleanLine } from '../../../shared/text/clean.ts';
import { achieved } from '../../ground/achieved.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { ConnectionError } from '../../ground/problem/connection-error.ts';
import { doing, offer } from '../../ground/problem/offer.ts';
import { localTime } from '../../ground/text/local-time.ts';
import { keyOf, type Automation } from './automation.ts';
import type { Automations } from './automations.ts';
import { automationFor } from './choose.ts';
import { definitionFacts } from './row.ts';

const title = t('Longhaul: Which Automation?');

/** Those whose run is being begun: who clicks twice means one. */
const beginning = new Set<string>();

/** Begins its run now, whether it is on or not. */
export const runNow = async (longhaul: Longhaul, automations: Automations, argument: unknown): Promise<void> => {
  const chosen = await automationFor(automations, argument, {
    title,
    none: t('There is no automation that could be run.'),
    among: ({ listed }) => listed !== null && listed.trigger !== null,
  });
  if (chosen === undefined) return;
  const { repository, name } = chosen;
  const which = keyOf(chosen);
  if (beginning.has(which)) return;
  beginning.add(which);
  const run = await begin(longhaul, { repository, name }).finally(() => beginning.delete(which));
  longhaul.runs.learn(run);
  await automations.refresh();
  void offer(vscode.window.showInformationMessage, t('{0} began run {1}.', cleanLine(name), run.number), {
    [t('Open Run')]: doing('longhaul.openRun', { run: run.id }),
  });
};

const begin = async ({ connection }: Longhaul, trigger: Pick<ListedTrigger, 'repository' | 'name'>) =>
  (await connection.api()).triggers.fire.mutate({ ...trigger, key: randomUUID() });

/** Has it begin no more runs: `longhaul triggers disable`. */
export const pause = async (longhaul: Longhaul, automations: Automations, argument: unknown): Promise<void> => {
  const chosen = await automationFor(automations, argument, {
    title,
    none: t('No automation is on.'),
    among: ({ listed }) => listed?.standing === 'on',
  });
  if (chosen === undefined) return;
  const api = await longhaul.connection.api();
  await api.triggers.disable.mutate({ repository: chosen.repository, name: chosen.name });
  await automations.refresh();
};

const leave = t('Leave It Off');
const agree = t('Enable');

/** Has it begin runs by itself with this person's authority, once they have seen what they agree to: `longhaul triggers enable`. */
export const enable = async (longhaul: Longhaul, automations: Automations, argument: unknown): Promise<void> => {
  const chosen = await automationFor(automations, argument, {
    title,
    none: t('There is no automation that is off and could be on.'),
    among: ({ listed }) =>
      listed !== null && listed.trigger !== null && (listed.standing !== 'on' || listed.problem !== null),
  });
  if (chosen === undefined) return;
  const api = await longhaul.connection.api();
  const named = { repository: repositoryFor(chosen), name: chosen.name };
  const { trigger: seen } = await api.triggers.show.query(named);
  if (seen.trigger === null)
    throw new ConnectionError(
      'refused',
      seen.problem ?? t('It cannot be used.'),
      t('Correct it on the default branch.'),
    );
  const answer = await vscode.window.showWarningMessage(
    t('Have {0} begin runs by itself?', cleanLine(chosen.name)),
    { modal: true, detail: agreement(seen) },
    // The first is what Enter does.
    leave,
    agree,
  );
  if (answer !== agree) return;
  const now = await api.triggers.enable.mutate({ ...named, seen: seen.hash }).catch((error: unknown) => {
    throw openedBy(error) ?? error;
  });
  await automations.refresh();
  await achieved(longhaul.extension, 'automate');
  void vscode.window.showInformationMessage(
    now.nextAt === null
      ? t('{0} begins runs from now on, when the runner is told of what happens.', cleanLine(now.name))
      : t('{0} begins runs from now on, the next at {1}.', cleanLine(now.name), localTime(now.nextAt)),
  );
};

/** What happens on GitHub or GitLab is heard of for a repository there, and not for a folder. */
const repositoryFor = ({ repository, origin, listed }: Automation): string => {
  const trigger = listed?.trigger ?? null;
  const isHeard = trigger !== null && !isScheduled(trigger) && wantedBy(trigger).source === 'github';
  return isHeard && origin !== null ? origin : repository;
};

/** What whoever enables it agrees to. */
const agreement = (seen: ListedTrigger): string =>
  [
    ...Object.entries(definitionFacts({ listed: seen })).flatMap(([label, text]) =>
      text === '' ? [] : [`${label}: ${cleanLine(text)}`],
    ),
    `${t('Repository')}: ${cleanLine(seen.repository)}`,
    '',
    t(
      'Its runs begin with your authority, until it is paused. Each asks as any other, and spends what the recipe and the repository let it.',
    ),
  ].join('\n');

/** What its settings open is agreed to with a delegation; null: it is another error. */
const openedBy = (error: unknown): ConnectionError | null => {
  const asked = untrustedOf(error);
  return asked === null
    ? null
    : new ConnectionError(
        'refused',
        t("This repository's settings open hosts to what runs in it: {0}", asked.openings.join(' ')),
        t('Delegate something there once, and agree to that. Then enable it.'),
      );
};
