import { readInputs, unknownInputs, type GivenInput, type GivenInputs, type RecipeInput } from './inputs.ts';
import type { OutsideEvent } from './outside-event.ts';
import { isScheduled, wantedBy, type EventField, type Trigger } from './trigger.ts';

type Happened = Pick<
  OutsideEvent,
  'title' | 'text' | 'url' | 'actor' | 'issue' | 'pullRequest' | 'value' | 'branch' | 'commit'
>;

const onSubject = ['issue-opened', 'issue-labeled', 'issue-assigned', 'comment', 'review-submitted'];

/** Of each field what it is, and of which events there is one; null: of all. */
const fields: Readonly<
  Record<EventField, { readonly of: readonly string[] | null; readonly read: (event: Happened) => GivenInput | null }>
> = {
  'event.title': { of: null, read: ({ title }) => title },
  'event.text': { of: null, read: ({ text }) => text },
  'event.url': { of: null, read: ({ url }) => url },
  'event.actor': {
    of: [...onSubject, 'checks-failed', 'workflow-failed', 'push', 'release-published'],
    read: ({ actor }) => actor?.login ?? null,
  },
  'event.number': { of: onSubject, read: ({ issue, pullRequest }) => issue ?? pullRequest },
  'event.label': { of: ['issue-labeled'], read: ({ value }) => value },
  'event.assignee': { of: ['issue-assigned'], read: ({ value }) => value },
  'event.command': { of: ['comment'], read: ({ value }) => value },
  'event.branch': { of: ['checks-failed', 'workflow-failed', 'push'], read: ({ value }) => value },
  'event.commit': { of: ['checks-failed', 'workflow-failed'], read: ({ commit }) => commit },
};

export interface TriggerInputs {
  readonly given: GivenInputs;
  /** Those of them that somebody outside said. */
  readonly outside: readonly string[];
}

const isMapped = (value: Trigger['inputs'][string]): value is { readonly from: EventField } =>
  typeof value === 'object';

/** What a trigger gives its recipe. `event` null: nothing happened, and what would be of it is left out. */
export const inputsOf = ({ inputs }: Pick<Trigger, 'inputs'>, event: Happened | null): TriggerInputs => {
  const given: Record<string, GivenInput> = {};
  const outside: string[] = [];
  for (const [name, value] of Object.entries(inputs)) {
    const said = !isMapped(value) ? value : event === null ? null : fields[value.from].read(event);
    if (said === null) continue;
    given[name] = said;
    if (isMapped(value)) outside.push(name);
  }
  return { given, outside };
};

/** What is wrong with what a trigger gives its recipe, a sentence each, as far as it is known before something happens. */
export const inputFaults = (trigger: Trigger, inputs: readonly RecipeInput[]): readonly string[] => {
  const kind = isScheduled(trigger) ? null : wantedBy(trigger).kind;
  const mapped = Object.entries(trigger.inputs).flatMap(([name, value]) =>
    isMapped(value) ? [{ name, ...value }] : [],
  );
  const isLater = (name: string): boolean => mapped.some((each) => each.name === name);
  const isDeclared = ([name]: readonly [string, unknown]): boolean => inputs.some((each) => each.name === name);
  const fixed = readInputs(
    inputs.filter(({ name }) => !isLater(name)),
    Object.fromEntries(Object.entries(inputsOf(trigger, null).given).filter(isDeclared)),
  );
  return [
    ...unknownInputs(inputs, Object.keys(trigger.inputs)),
    ...mapped.flatMap(({ name, from }) => {
      const { of } = fields[from];
      return of === null || of.includes(kind ?? '')
        ? []
        : [`The input ${name} is from ${from}, which ${kind ?? 'a schedule'} has none of: ${of.join(', ')} have one.`];
    }),
    ...(fixed.outcome === 'refused' ? fixed.faults : []),
  ];
};

/** For a rehearsal: what it gives, with something that fits in the place of what is known only then. */
export const rehearsedInputs = (trigger: Trigger, inputs: readonly RecipeInput[]): GivenInputs => {
  const { given } = inputsOf(trigger, null);
  const fitting = (input: RecipeInput): GivenInput => {
    switch (input.type) {
      case 'string':
        return 'x';
      case 'number':
        return 0;
      case 'boolean':
        return false;
      case 'choice':
        return input.choices[0] ?? '';
    }
  };
  const later = inputs.filter(({ name }) => {
    const value = trigger.inputs[name];
    return value !== undefined && isMapped(value);
  });
  return { ...given, ...Object.fromEntries(later.map((input) => [input.name, fitting(input)])) };
};
