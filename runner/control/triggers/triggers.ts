import { startEvents, type EventsOptions } from './events.ts';
import type { DefinitionOf } from './known-definitions.ts';
import { startPublishing, type PublishingOptions } from './publishing.ts';
import { startSchedules, type SchedulesOptions } from './schedules.ts';

export interface TriggersOptions
  extends
    Pick<EventsOptions, 'role' | 'admit' | 'decline' | 'shared' | 'now' | 'log'>,
    Pick<PublishingOptions, 'publish'> {
  readonly store: EventsOptions['store'] & PublishingOptions['store'];
  readonly definitionOf: DefinitionOf;
  readonly beginDue: SchedulesOptions['begin'];
  readonly beginOn: EventsOptions['begin'];
}

/** What begins runs by itself. */
export interface Triggers extends AsyncDisposable {
  /** Somebody enabled one. */
  enabled(): void;
  /** Something was kept that happened outside. */
  told(): void;
}

export const startTriggers = ({ beginDue, beginOn, publish, ...common }: TriggersOptions): Triggers => {
  const schedules = startSchedules({ ...common, begin: beginDue });
  const events = startEvents({ ...common, begin: beginOn });
  const publishing = startPublishing({ ...common, publish });
  return {
    enabled: () => schedules.wakeAt(common.now()),
    told: () => events.wakeAt(common.now()),
    [Symbol.asyncDispose]: async () => {
      await schedules[Symbol.asyncDispose]();
      await events[Symbol.asyncDispose]();
      await publishing[Symbol.asyncDispose]();
    },
  };
};
