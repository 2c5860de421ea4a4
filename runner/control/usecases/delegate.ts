import { createHmac } from 'node:crypto';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DelegateInput, Principal } from '../../../shared/api/runner-api.ts';
import { brokenExamples } from '../../../shared/policy/evaluate.ts';
import { defaultPolicy } from '../../../shared/policy/default.ts';
import type { Policy } from '../../../shared/policy/policy.ts';
import { mergeBudget, mergePolicy, type RepositoryConfig } from '../../../shared/recipe/repository-config.ts';
import { Budget } from '../../../shared/run/budget.ts';
import { Task } from '../../../shared/run/events.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { snapshotRepository } from '../repository/snapshot.ts';
import { inTurn } from './in-turn.ts';
import { actor, asPerson, mustBeLocal, randomId, refused, type ControlPlane, type Person } from './plane.ts';
import { readRepositoryConfig } from './repository-settings.ts';

/**
 * Makes a run of a goal and a repository as it is now. The snapshot is on the disk before the run is; a snapshot whose
 * run never came is removed when the runner starts. Throws RefusedError.
 */
export const delegate = async (plane: ControlPlane, caller: Principal, input: DelegateInput): Promise<RunState> => {
  const person = asPerson(caller);
  mustBeLocal(person, 'delegate on a path there');
  if (!input.repository.startsWith('/'))
    throw refused('invalid', `The repository ${input.repository} is no absolute path.`, 'Name it from the root: /…');
  if (input.dedupeKey === null) return create(plane, person, { input, run: `run_${randomId()}` });
  const run = runOfKey(plane, person.tenant, input.dedupeKey);
  return inTurn(run, async () => (await plane.store.state(run)) ?? create(plane, person, { input, run }));
};

/** A key always means the same id, so whether it was used is known before any work is done for it. */
const runOfKey = (plane: ControlPlane, tenant: string, key: string): string => {
  const digest = createHmac('sha256', plane.dedupeSecret)
    .update(JSON.stringify([tenant, key]))
    .digest('hex');
  return `run_${BigInt(`0x${digest.slice(0, 24)}`)
    .toString(36)
    .padStart(16, '0')}`;
};

interface Creation {
  readonly input: DelegateInput;
  readonly run: string;
}

/** Snapshots made at once; each reads a whole tree. */
const lanes = 4;
let lane = 0;

const create = (plane: ControlPlane, person: Person, creation: Creation): Promise<RunState> => {
  lane = (lane + 1) % lanes;
  return inTurn(`snapshot ${lane}`, () => createNow(plane, person, creation));
};

const createNow = async (plane: ControlPlane, person: Person, { input, run }: Creation): Promise<RunState> => {
  const read = await readRepositoryConfig(input.repository);
  if (read.outcome === 'refused') throw refused('invalid', read.reason, read.remedy);
  const { config: repositorys } = read;
  const policy = policyFor(input, repositorys);
  const folder = plane.home.run(run);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o711 });
  // The mode above went through the umask; commands run as another user, whose workspace is below.
  await chmod(folder, process.getuid?.() === 0 ? 0o711 : 0o700);
  let keep = false;
  try {
    const snapshot = await snapshotRepository({
      path: input.repository,
      gitDirectory: join(folder, 'source.git'),
      base: input.base === 'worktree' ? 'worktree' : input.base.commit,
      signal: plane.closing,
    });
    if (snapshot.outcome === 'refused') throw refused('invalid', snapshot.reason, snapshot.remedy);
    for (const note of snapshot.notes) plane.log.info({ run }, note);
    const task = Task.parse({
      tenant: person.tenant,
      repository: snapshot.source.repository,
      title: input.title ?? titleOf(input.goal),
      goal: input.goal,
      recipe: input.recipe,
      requester: actor(person),
      priority: input.priority,
      source: snapshot.source,
      policy,
      budget: budgetFrom(plane.config.budget, repositorys, input.budget),
      setup: input.setup ?? [...(repositorys?.setup ?? [])],
      verification: input.verification ?? [...(repositorys?.verification ?? [])],
      model: input.model ?? repositorys?.model ?? null,
      decisionHours: input.decisionHours ?? plane.config.decisionHours,
    } satisfies Task);
    // From here on the run may be on record, whatever is thrown; if it is not, the next start removes the folder.
    keep = true;
    const answer = await plane.store.create({ run, task, dedupeKey: input.dedupeKey });
    keep = answer.state.id === run;
    return answer.state;
  } finally {
    if (!keep) await rm(folder, { recursive: true, force: true });
  }
};

/** What the delegation says, else the lower of what the runner and the repository say. */
const budgetFrom = (defaults: Budget, repositorys: RepositoryConfig | null, own: DelegateInput['budget']): Budget =>
  Budget.parse({
    ...mergeBudget(defaults, repositorys?.budget ?? {}),
    ...Object.fromEntries(Object.entries(own).filter(([, limit]) => limit !== undefined)),
  });

const longestTitle = 80;

/** The first line of the goal, cut at a word. */
export const titleOf = (goal: string): string => {
  const first = goal.trim().split('\n')[0]?.trim() ?? '';
  if (first.length <= longestTitle) return first;
  const cut = first.slice(0, longestTitle - 1);
  const word = cut.lastIndexOf(' ');
  return `${cut.slice(0, word > longestTitle / 2 ? word : undefined).trimEnd()}…`;
};

/** The delegation's own policy, else the default with the repository's rules. A rule whose examples fail would not do what its author thinks. */
const policyFor = (input: DelegateInput, repositorys: RepositoryConfig | null): Policy => {
  const policy =
    input.policy ?? (repositorys === null ? defaultPolicy : mergePolicy(defaultPolicy, repositorys.policy));
  const broken = brokenExamples(policy);
  if (broken.length === 0) return policy;
  throw refused('invalid', broken.join(' '), 'Correct the rule, or its examples.');
};
