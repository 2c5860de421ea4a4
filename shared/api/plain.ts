import { z } from 'zod';
import { GivenInputs } from '../recipe/inputs.ts';
import { Budget } from '../run/budget.ts';
import { RemoteRef } from '../run/source.ts';
import { isTerminal, passed, type RunState } from '../run/state.ts';
import { lineOf } from '../run/summary.ts';
import type { DelegateInput } from './runner-api.ts';

/** The same under it is the same run. */
export const IdempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,150}$/, 'expected up to 150 printable characters without spaces');

/** What `POST /api/delegate` takes: what a script can say of a task. All else is as the recipe, the repository and the runner say. */
export const PlainDelegation = z
  .strictObject({
    /** The URL of a remote that the runner may read; on its own machine, the absolute path of a folder, too: what is committed there. */
    repository: z.string().trim().min(1).max(4096),
    /** Branch, tag or commit to begin with. Left out: the default branch; of a folder, what is checked out. */
    ref: RemoteRef.optional(),
    goal: z.string().trim().max(100_000).default(''),
    title: z.string().trim().min(1).max(200).optional(),
    recipe: z.string().min(1).max(100).optional(),
    inputs: GivenInputs.default({}),
    /** The address of the issue or the pull request that it is about. */
    about: z.string().trim().min(1).max(2000).optional(),
    budget: Budget.partial().default({}),
    model: z.string().min(1).optional(),
    /** Or as the header Idempotency-Key. */
    idempotencyKey: IdempotencyKey.optional(),
  })
  .refine(({ goal, recipe }) => goal !== '' || recipe !== undefined, {
    path: ['goal'],
    message: 'expected a goal, or a recipe: what shall the agent do?',
  });
export type PlainDelegation = z.output<typeof PlainDelegation>;

/** The same as the API takes it. `key` null: each request is a run of its own. */
export const delegationOf = (
  { repository, ref, goal, recipe, inputs, budget, ...rest }: PlainDelegation,
  key: string | null,
): z.input<typeof DelegateInput> => ({
  goal,
  recipe: recipe ?? null,
  inputs,
  title: rest.title ?? null,
  about: rest.about ?? null,
  budget,
  model: rest.model ?? null,
  repository,
  ...(repository.startsWith('/')
    ? { base: { commit: ref ?? 'HEAD' } }
    : { source: { kind: 'remote', url: repository, ref: ref ?? null } }),
  // Of its own, so that no other door's key is taken for it.
  dedupeKey: key === null ? null : `http:${key}`,
  exact: key !== null,
});

/** Seconds that `GET /api/runs/<id>?wait=` waits at most. */
const longestWait = 120;
export const WaitSeconds = z.coerce.number().int().min(0).max(longestWait).default(0);

/** Whether nothing more comes of it before a person has said something: it is over, in review, or waits for a decision. */
export const standsStill = (state: RunState): boolean =>
  isTerminal(state) || state.status === 'reviewing' || (state.status === 'waiting' && state.until.kind !== 'time');

/** A run as `GET /api/runs/<id>` tells it. What an agent or a repository said in it is untrusted text. */
export const plainRun = (state: RunState) => {
  const { detail, verified, pullRequest, usd, costKnown } = lineOf(state);
  const { id, number, status, round, report, result, output, task, verification } = state;
  return {
    run: id,
    number,
    status,
    /** It is over: nothing more comes of it. */
    over: isTerminal(state),
    needsPerson: !isTerminal(state) && standsStill(state),
    /** In a few words, where it stands. */
    detail,
    title: task.title,
    repository: task.repository,
    round,
    /** What it came to; null: nothing yet. */
    outcome:
      result === null
        ? null
        : {
            kind: task.output.kind,
            files: result.files,
            additions: result.additions,
            deletions: result.deletions,
            labels: output?.kind === 'labels' ? output.labels : null,
          },
    /** Whose fault it was that it failed: infrastructure, model, budget, policy or task. Null: it did not. */
    failure: state.status === 'failed' ? { class: state.class, message: state.message } : null,
    evidence: {
      /** What the agent says it did; null: nothing yet. */
      summary: report?.summary ?? null,
      passed: verified.passed,
      ran: verified.ran,
      commands: verification.map((record) => ({ command: record.command, passed: passed(record) })),
    },
    pullRequest: pullRequest?.url ?? null,
    /** US dollars; `known` false: at least so much. */
    cost: { usd, known: costKnown },
  };
};
