import { createHash } from 'node:crypto';
import { DelegateInput, includes } from '../../../shared/api/runner-api.ts';
import { inputsOf } from '../../../shared/recipe/trigger-inputs.ts';
import { eventText, titleOfEvent, type OutsideEvent } from '../../../shared/recipe/outside-event.ts';
import { isSameRepository } from '../../../shared/recipe/repository-address.ts';
import { RemoteRef } from '../../../shared/run/source.ts';
import { isTerminal, type RunState } from '../../../shared/run/state.ts';
import { cleanLine } from '../../../shared/text/clean.ts';
import { Trouble } from '../../../shared/trouble.ts';
import type { UsableTrigger } from '../../machine/triggers/definitions.ts';
import { openAdmission } from '../forges/admission.ts';
import { declineOn, isAsking } from '../forges/decline.ts';
import type { StoredEvent, TriggerKey, TriggerRow } from '../store/store.ts';
import type { EventsOptions } from '../triggers/events.ts';
import { configuredAs } from '../triggers/configured.ts';
import { definitionsOf, openDefinitions } from '../triggers/known-definitions.ts';
import { enableCommand } from '../triggers/commands.ts';
import type { SchedulesOptions } from '../triggers/schedules.ts';
import { mustBeCounted } from './counted-money.ts';
import { delegate } from './delegate.ts';
import { runOfKey } from './delegate-again.ts';
import { settingsOfRepository } from './delegate-source.ts';
import { outsideText } from './outside-text.ts';
import { refused, type ControlPlane, type Person } from './plane.ts';

export interface Beginning {
  readonly key: TriggerKey;
  readonly definition: UsableTrigger;
  /** What makes this run one of its own: asked for again, it is the same. */
  readonly due: string;
  /** That it works on; null: the default one. */
  readonly branch: string | null;
  readonly note: string;
  /** What it is about, beside what the trigger says. */
  readonly happened: StoredEvent | null;
}

/** Makes the run that a trigger is due for; the one that there is, if it was made before. Throws RefusedError. */
export const beginTriggered = async (
  plane: ControlPlane,
  person: Person,
  { key: { repository, name }, definition, due, branch, note, happened }: Beginning,
): Promise<RunState> => {
  const { recipe, goal } = definition.trigger;
  const { given, outside } = inputsOf(definition.trigger, happened?.event ?? null);
  const told = Object.fromEntries(Object.entries(given).filter(([input]) => outside.includes(input)));
  const trigger = createHash('sha256')
    .update(JSON.stringify([repository, name]))
    .digest('hex')
    .slice(0, 32);
  const dedupeKey = `trigger:${trigger}:${due}`;
  // What is known of an event, and what the file says, may be otherwise than when it was begun: it is begun all the same.
  const begun = await plane.store.state(runOfKey(plane, person.tenant, dedupeKey));
  if (begun !== null) return begun;
  const input = DelegateInput.parse({
    goal: happened === null ? goal : [goal, outsideText(plane, { ...happened, inputs: told })].join('\n\n').trim(),
    ...(happened === null ? {} : { title: titleOfEvent(happened.event) }),
    recipe,
    inputs: given,
    about: happened === null ? null : aboutOf(plane, happened.event),
    repository,
    ...(repository.startsWith('/')
      ? { base: { commit: branch ?? 'HEAD' } }
      : { source: { kind: 'remote', url: repository, ref: branch } }),
    dedupeKey,
  });
  return delegate(plane, person, { ...input, notes: [note], isTold: happened !== null, outside });
};

/** What a run of it can be about. */
const aboutOf = (
  { remotes }: Pick<ControlPlane, 'remotes'>,
  { repository, issue, pullRequest }: OutsideEvent,
): string | null => {
  const number = pullRequest ?? issue;
  const forge = repository === null ? null : (remotes.allowed(repository)?.forge ?? null);
  if (repository === null || number === null || forge === null) return null;
  return forge.addressOf(repository, { kind: pullRequest === null ? 'issue' : 'pull request', number });
};

/** What the supervisor needs to begin runs of triggers. */
export const triggering = (
  plane: ControlPlane,
): Pick<EventsOptions, 'definitionOf' | 'admit' | 'decline'> & {
  readonly beginDue: SchedulesOptions['begin'];
  readonly beginOn: EventsOptions['begin'];
} => {
  const admit = openAdmission(plane.now);
  const mayDecline = atMost(20, 60 * 60_000);
  const read = definitionsOf((repository) => settingsOfRepository(plane, repository));
  const ofRepository = openDefinitions(read, plane.now);
  return {
    definitionOf: async (row, since) => configuredAs(plane.config, row) ?? ofRepository(row, since),
    admit: async (event, { repository }, signal) => {
      // Who told it knows the runner's secret: nobody else has a say in it.
      if (event.source === 'webhook') return { outcome: 'admitted', event };
      const forge = plane.remotes.allowed(repository)?.forge ?? null;
      if (forge !== null) {
        const admitted = await admit(forge, event, signal);
        const own = admitted.outcome === 'admitted' && (await isNextRound(plane, event));
        if (!own) return admitted;
        const why = `Pull request ${event.pullRequest} is a run's own: what its review asks for is that run's next round.`;
        return { outcome: 'refused', why, isStranger: false };
      }
      throw new Trouble(`${repository} is no repository of GitHub’s or GitLab’s to this runner.`, {
        remedy: 'Its operator can say so: remotes: [{ match: …, github: … }], or gitlab, in its config.yaml.',
      });
    },
    decline: async (event, { repository }, signal) => {
      const forge = plane.remotes.allowed(repository)?.publishing?.forge ?? null;
      if (forge !== null && isAsking(event) && mayDecline(plane.now())) await declineOn(forge, event, signal);
    },
    beginDue: async (row, definition, dueAt) => {
      await mustStillBeCounted(plane, row, definition);
      const due = new Date(dueAt).toISOString();
      const branch = await branchOf(plane, row);
      const note = `Begun by the trigger ${row.name}, which ${row.by} enabled, for ${due.slice(0, 16).replace('T', ' ')} UTC.`;
      return beginTriggered(plane, authorityOf(plane, row), {
        key: row,
        definition,
        due,
        branch,
        note,
        happened: null,
      });
    },
    beginOn: async (row, definition, happened) => {
      await mustStillBeCounted(plane, row, definition);
      const { event, id: due } = happened;
      if (event.branch !== null && !RemoteRef.safeParse(event.branch).success)
        throw refused(
          'invalid',
          `It is about the branch ${cleanLine(event.branch)}.`,
          'Give that branch a plain name.',
        );
      const branch = event.branch ?? (await branchOf(plane, row));
      const where = event.url === null ? '' : ` (${event.url})`;
      const note = `Begun by the trigger ${row.name}, which ${row.by} enabled, for ${cleanLine(eventText(event))}${where}.`;
      return beginTriggered(plane, authorityOf(plane, row), { key: row, definition, due, branch, note, happened });
    },
  };
};

/** The model may be another one by now than when it was enabled. Throws RefusedError. */
const mustStillBeCounted = async (
  plane: ControlPlane,
  { repository }: TriggerRow,
  definition: UsableTrigger,
): Promise<void> => {
  if (definition.trigger.usdPerDay === null) return;
  await mustBeCounted(plane, definition, await settingsOfRepository(plane, repository));
};

/** Whether what a review asks for is a round of the run that the pull request is from: beside it no other begins. */
const isNextRound = async (
  { store }: Pick<ControlPlane, 'store'>,
  { review, repository, pullRequest: number }: OutsideEvent,
): Promise<boolean> => {
  if (review === null || repository === null) return false;
  for (const run of await store.followed()) {
    const state = await store.state(run);
    // Of one that a person has accepted nothing begins a round any more.
    if (state?.pullRequest == null || isTerminal(state)) continue;
    const { pullRequest } = state;
    if (pullRequest.number === String(number) && isSameRepository(pullRequest.remote, repository)) return true;
  }
  return false;
};

/** So often within a time (ms), and then no more: strangers choose how often they ask. */
const atMost = (most: number, withinMs: number) => {
  let times: readonly number[] = [];
  return (now: number): boolean => {
    times = times.filter((at) => at > now - withinMs);
    if (times.length >= most) return false;
    times = [...times, now];
    return true;
  };
};

/** Of a folder here it is the default branch as the runner reads it, whatever is checked out. */
const branchOf = async (plane: ControlPlane, { repository }: TriggerRow): Promise<string | null> =>
  repository.startsWith('/') ? ((await settingsOfRepository(plane, repository))?.branch ?? null) : null;

/** Whoever enabled it, with what they may do now. Throws RefusedError where that is not enough any more. */
export const authorityOf = (
  { config }: ControlPlane,
  { name, by, byOwner, tenant, repository }: TriggerRow,
): Person => {
  const token = config.server.tokens.find(
    (each) => each.name === by && each.tenant === tenant && includes(each.role, 'approver'),
  );
  if (!byOwner && token === undefined)
    throw refused(
      'denied',
      `${by}, who enabled it, may not have runs begin here any more.`,
      `Whoever may can enable it again: ${enableCommand({ name, repository })}`,
    );
  // Only who may name paths could enable a trigger of one.
  return { kind: 'person', name: by, tenant, role: 'developer', local: byOwner && repository.startsWith('/') };
};
