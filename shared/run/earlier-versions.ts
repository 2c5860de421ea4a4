/** A body as it is on record, or as this program would have written it. */
type Body = Readonly<Record<string, unknown>>;

/**
 * How a body of an earlier version becomes one of the next: by `type v`, such as `call.judged 1`. What raises the version of an
 * event in events.ts adds its line here, so that logs that were written before are read as if they had been written today; no
 * reducer and no reader knows of an earlier version.
 */
const upgrades: Readonly<Record<string, (body: Body) => Body>> = {
  'run.created 1': ({ task, ...body }) => ({
    ...body,
    v: 2,
    task: {
      ...fieldsOf(task),
      policy: {
        ...fieldsOf(task !== null && typeof task === 'object' && 'policy' in task ? task.policy : null),
        limits: [],
      },
      setupReads: [],
      loosened: [],
      notes: [],
    },
  }),
  'run.created 2': ({ task, ...body }) => ({ ...body, v: 3, task: { ...fieldsOf(task), images: [] } }),
  // Every result was a diff.
  'run.created 3': ({ task, ...body }) => ({
    ...body,
    v: 4,
    task: { ...fieldsOf(task), output: { kind: 'diff' }, subject: null },
  }),
  // No recipe took anything but a goal.
  'run.created 4': ({ task, ...body }) => ({ ...body, v: 5, task: { ...fieldsOf(task), asked: null } }),
  // Which hosts were reached was not on record.
  'call.finished 1': (body) => ({ ...body, v: 2, reachedHosts: [] }),
  'setup.finished 1': (body) => ({ ...body, v: 2, refusedHosts: [], reachedHosts: [] }),
  'verification.finished 1': (body) => ({
    ...body,
    v: 2,
    refusedHosts: [],
    reachedHosts: [],
    setup: 'unrecorded',
  }),
  'turn.taken 1': (body) => ({ ...body, v: 2, oddities: [] }),
  // What was approved then was approved for no tree in particular.
  'decision.requested 1': (body) => ({ ...body, v: 2, request: { ...fieldsOf(body['request']), tree: null } }),
  // Nobody was asked whether something may be published; those kinds that there were are the same.
  'decision.requested 2': (body) => ({ ...body, v: 3 }),
  // More reasons are told of; those that there were are the same.
  'activation.queued 1': (body) => ({ ...body, v: 2 }),
  // A worker from then waits for nothing but decisions and times.
  'activation.ended 1': (body) => ({ ...body, v: 2 }),
  'activation.lost 1': (body) => ({ ...body, v: 2, leaseUntil: null }),
  'activation.deferred 1': (body) => ({ ...body, v: 2, remedy: null }),
  'review.decided 1': (body) => ({ ...body, v: 2, from: 'person' }),
  // Nothing was merged.
  'review.decided 2': (body) => ({ ...body, v: 3, merge: null }),
  // Checks that failed began no round.
  'effect.requested 1': ({ effect, ...body }) => ({
    ...body,
    v: 2,
    effect: { ...fieldsOf(effect), ...(kindOf(effect) === 'pull request' && { ciRepairs: 0 }) },
  }),
  // There are more kinds; those that there were are the same.
  'effect.requested 2': (body) => ({ ...body, v: 3 }),
  'effect.seen 1': ({ seen, ...body }) => ({ ...body, v: 2, seen: { ...fieldsOf(seen), ciRepaired: 0 } }),
  // Whether it could be merged was not looked at.
  'effect.seen 2': ({ seen, ...body }) => ({
    ...body,
    v: 3,
    seen: { ...fieldsOf(seen), conflictsWith: null, baseMerged: 0 },
  }),
};

const fieldsOf = (value: unknown): object => (typeof value === 'object' && value !== null ? value : {});

const kindOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'kind' in value ? value.kind : null;

/** A body that the store read, brought up to the version that events.ts has. */
export const upgraded = (body: Body, steps: Readonly<Record<string, (body: Body) => Body>> = upgrades): Body => {
  const step = steps[`${String(body['type'])} ${String(body['v'])}`];
  return step === undefined ? body : upgraded(step(body), steps);
};
