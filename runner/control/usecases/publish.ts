import { checkReport } from '../../../shared/review/check-report.ts';
import { pullRequestBody } from '../../../shared/review/pull-request-body.ts';
import { repliesTo } from '../../../shared/review/remark-replies.ts';
import { roundComment } from '../../../shared/review/round-comment.ts';
import type { PublicationInput, PublishInput } from '../../../shared/api/publication.ts';
import type { Principal } from '../../../shared/api/runner-api.ts';
import { RefusedError } from '../../../shared/api/router.ts';
import { ChangeSet } from '../../../shared/run/artifacts.ts';
import { over } from '../../../shared/run/command.ts';
import { published } from '../../../shared/run/command-of-effects.ts';
import { effectKey, isHalfDone, isPublishable, type Effect } from '../../../shared/run/effect.ts';
import { outputNames } from '../../../shared/run/output.ts';
import { remoteOf } from '../../../shared/run/source.ts';
import { isTerminal, type RoundResult, type RunState } from '../../../shared/run/state.ts';
import type { RemoteRefs } from '../../machine/git/remote.ts';
import { Trouble } from '../../../shared/trouble.ts';
import { whyNotPushed } from '../../machine/repository/push-branch.ts';
import { remoteUrl } from '../../machine/repository/upload.ts';
import { findRepository } from '../../machine/repository/user-repository.ts';
import { pushRequestOf } from '../effects/push-request.ts';
import type { AllowedRemote, Publishing } from '../remotes/remotes.ts';
import { coverageOf } from './coverage.ts';
import { withCoAuthor } from './co-author.ts';
import { readLog } from './log.ts';
import { whyAsked } from './may-publish.ts';
import { actor, asPerson, commandRun, refused, runOf, type ControlPlane, type Person } from './plane.ts';
import { mustBeShown, secretsOf } from './publish-secrets.ts';
import { listAllowed } from './remotes.ts';

type Of<Kind extends Effect['kind']> = Extract<Effect, { kind: Kind }>;

/** More than GitHub takes of a body. */
const mostBodyBytes = 300_000;

/**
 * What publishing the result would do: on which branch of which remote, and what its pull request would say. The branch and the pull request of an
 * earlier round are gone on with. Throws RefusedError.
 */
export const publication = async (
  plane: ControlPlane,
  caller: Principal,
  { run, remote, branch, into }: PublicationInput,
): Promise<PublishInput> => {
  const state = await runOf(plane, asPerson(caller), run);
  const result = resultOf(state);
  mustBeDiff(state);
  const done = state.effects.flatMap(({ status, effect }) => (status === 'done' && 'branch' in effect ? [effect] : []));
  const earlier = done.at(-1);
  const url = remote ?? earlier?.remote ?? (await remoteOfRun(state));
  const { allowed, publishing } = publishingTo(plane, url);
  whyAsked(asPerson(caller), { remote: allowed.url, publishing });
  const opened = state.effects.findLast(
    ({ status, effect }) => status === 'done' && effect.kind === 'pull request' && effect.remote === url,
  )?.effect;
  const before = opened?.kind === 'pull request' ? opened : null;
  const title = before?.title ?? state.task.title;
  const name = branch ?? earlier?.branch ?? branchOf(state);
  const listed = await listAllowed(plane, allowed);
  const effect = mustBeFree(state, { remote: allowed.url, branch: name, refs: listed.refs });
  if (publishing.forge === null) await mustBePushable(plane, state, { effect, credential: allowed.credential });
  if (into !== null && publishing.forge === null)
    throw refused(
      'invalid',
      `${allowed.url} has no pull requests, so that nothing is merged into ${into}.`,
      'Leave --into out.',
    );
  const events = await readLog(plane.store, state.id);
  // There is one of an earlier round, on this branch: whoever follows it is told.
  const goesOn = state.pullRequest?.remote === allowed.url && effect.onTop !== null;
  const coverage = publishing.forge === null ? [] : await coverageOf(plane, state, result);
  const pullRequest =
    publishing.forge === null
      ? null
      : {
          into: into ?? before?.into ?? targetOf(allowed.url, listed, state),
          title,
          body: pullRequestBody(state, events, coverage),
          draft: true,
          ciRepairs: state.pullRequest?.ciRepairs ?? 0,
          comment: goesOn ? roundComment(state, events) : null,
          replies: goesOn ? [...repliesTo(state, events)] : [],
          check:
            publishing.forge.check !== null
              ? checkReport(state, events, { coverage, files: await filesOf(plane, result) })
              : null,
        };
  const { patch } = result;
  // Who makes it there is an app, or whoever the token is of.
  const message = publishing.forge === null ? title : await withCoAuthor(plane, state, title);
  const wanted = { run, round: state.round, patch, message, remote: allowed.url, branch: name, pullRequest };
  return { ...wanted, secrets: await secretsOf(plane, wanted), anySecrets: false };
};

/** What would be refused when it is done is refused before a person reads it all. Throws RefusedError. */
const mustBeFree = (
  state: RunState,
  {
    remote,
    branch,
    refs,
  }: { readonly remote: string; readonly branch: string; readonly refs: ReadonlyMap<string, string> },
): Of<'branch'> => {
  const start = startOf(state, { remote, branch });
  const { onTop } = start;
  const { round, result } = state;
  const effect = {
    kind: 'branch',
    remote,
    branch,
    ...start,
    patch: result?.patch ?? '',
    message: '',
  } satisfies Effect;
  // The branch is there, and what was to follow it failed: that is what is left to do.
  if (isHalfDone(state, { remote, branch })) return effect;
  const asked = published(state, { kind: 'publish', by: '', round, patch: effect.patch, effects: [effect], ask: null });
  if ('refusal' in asked) throw new RefusedError(asked.refusal);
  if ((refs.get(`refs/heads/${branch}`) ?? null) === onTop) return effect;
  throw refused(
    'conflict',
    onTop === null
      ? `There is a branch ${branch} already.`
      : `The branch ${branch} is not as the round before left it.`,
    'Publish under another name for the branch (--branch).',
  );
};

/** The same where git pushes it: all but the push is done, and thrown away. Throws RefusedError. */
const mustBePushable = async (
  { blobs, home, closing: signal }: ControlPlane,
  run: RunState,
  { effect, credential }: { readonly effect: Of<'branch'> } & Pick<AllowedRemote, 'credential'>,
): Promise<void> => {
  try {
    const given = { run, key: effectKey(run.round, effect), blobs, home, credential, at: 0, signal };
    const why = await whyNotPushed(await pushRequestOf(effect, given));
    if (why === null) return;
    throw why.outcome === 'refused'
      ? refused('conflict', why.reason, why.remedy)
      : refused('conflict', `The remote cannot be read: ${why.reason}.`, 'Try again, or check its address.');
  } catch (error) {
    if (error instanceof Trouble) throw refused('conflict', error.message, error.remedy);
    throw error;
  }
};

/** Puts on record that it is to be done, or has somebody asked who may say so. Throws RefusedError. */
export const publish = async (plane: ControlPlane, caller: Principal, input: PublishInput): Promise<RunState> => {
  const person = asPerson(caller);
  const { allowed, publishing } = publishingTo(plane, input.remote);
  const why = whyAsked(person, { remote: allowed.url, publishing });
  return publishWish(plane, person, { input, why });
};

/** What somebody wants published. `why` somebody else is asked first; null: nobody is. */
export interface Wish<Input> {
  readonly input: Input;
  readonly why: string | null;
}

/** The same for whoever's right to that was looked at. Throws RefusedError. */
export const publishWish = async (
  plane: ControlPlane,
  person: Person,
  { input, why }: Wish<PublishInput>,
): Promise<RunState> => {
  const state = await runOf(plane, person, input.run);
  mustBeDiff(state);
  const { round, patch, branch, message, pullRequest } = input;
  const { allowed, publishing } = publishingTo(plane, input.remote);
  const remote = allowed.url;
  const looks = patch === state.result?.patch && (why !== null || !input.anySecrets);
  const secrets = looks ? await secretsOf(plane, input) : [];
  if (!input.anySecrets) mustBeShown(state, secrets, input.secrets);
  const effects: Effect[] = [{ kind: 'branch', remote, branch, ...startOf(state, { remote, branch }), patch, message }];
  if (pullRequest !== null) {
    if (publishing.forge === null)
      throw refused('invalid', `${remote} has no pull requests.`, 'Publish the branch alone.');
    const { into, title, body, draft, ciRepairs, comment, replies, check } = pullRequest;
    if (into === branch)
      throw refused('invalid', `A pull request cannot go from ${branch} into itself.`, 'Name another branch.');
    const text = await keep(plane, state, body);
    effects.push({ kind: 'pull request', remote, branch, into, title, body: text, draft, ciRepairs });
    if (comment !== null) effects.push({ kind: 'comment', remote, branch, body: await keep(plane, state, comment) });
    if (replies.length > 0) effects.push({ kind: 'replies', remote, branch, replies });
    if (check !== null) {
      if (publishing.forge.check === null)
        throw refused('denied', `This runner puts no checks on commits of ${remote}.`, 'Leave the check out.');
      effects.push({ kind: 'check', remote, branch, body: await keep(plane, state, JSON.stringify(check)) });
    }
  }
  plane.log.info({ run: state.id, remote, branch, by: actor(person) }, 'a result is to be published');
  return commandRun(plane, person, {
    run: state.id,
    command: (by) => ({
      kind: 'publish',
      by,
      round,
      patch,
      effects,
      ask: why === null ? null : { reason: why, secrets },
    }),
  });
};

/** What differs in the tree is no part of another output. Throws RefusedError. */
export const mustBeDiff = ({ number, task }: RunState): void => {
  if (task.output.kind === 'diff') return;
  throw refused(
    'conflict',
    `The result of run ${number} is no change of files: it is a ${outputNames[task.output.kind]}.`,
    `Read it: longhaul show ${number}`,
  );
};

/** Paths that a result has. */
const filesOf = async ({ blobs }: ControlPlane, { changes }: RoundResult): Promise<readonly string[]> =>
  ChangeSet.parse(JSON.parse((await blobs.read(changes)).toString('utf8'))).files.flatMap(({ after }) =>
    after === null ? [] : [after.path],
  );

/** Throws RefusedError where there is none that can be published. */
export const resultOf = (state: RunState): RoundResult => {
  const { number, status, result } = state;
  if (result !== null && isPublishable(state)) return result;
  if (isTerminal(state)) throw new RefusedError(over(state).refusal);
  throw refused(
    'conflict',
    `Run ${number} has no result that can be published: it is ${status}.`,
    `Wait until it is in review: longhaul watch ${number}`,
  );
};

/** Where the code came from. Throws RefusedError where it came from no remote. */
export const remoteOfRun = async ({ number, task }: RunState): Promise<string> => {
  const { source, repository } = task;
  const known = remoteOf(source);
  if (known !== null) return known;
  const found = source.kind === 'local' ? await findRepository(repository) : null;
  const url = found === null || 'outcome' in found ? null : await remoteUrl(found, source.branch);
  if (url !== null) return url;
  throw refused(
    'conflict',
    `The repository of run ${number} has no remote that it could be published to.`,
    'Name one (--remote), or make a branch of the result here: longhaul apply --branch.',
  );
};

/** Throws RefusedError where this runner publishes nothing. */
export const publishingTo = (
  { remotes }: ControlPlane,
  url: string,
): { readonly allowed: AllowedRemote; readonly publishing: Publishing } => {
  const allowed = remotes.allowed(url);
  if (allowed?.publishing != null) return { allowed, publishing: allowed.publishing };
  throw refused(
    'denied',
    `This runner publishes nothing to ${url}.`,
    'Its operator can allow it: remotes: [{ match: …, publish: true }] in its config.yaml. Or make a branch here and push it: longhaul apply --branch.',
  );
};

/** `longhaul/12-mend-the-parser` */
const branchOf = ({ number, task }: RunState): string => {
  const words = task.title
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  return ['longhaul/', String(number), ...words.slice(0, 6).map((word) => `-${word.slice(0, 20)}`)].join('');
};

const targetOf = (
  url: string,
  { refs, defaultBranch }: Pick<RemoteRefs, 'refs' | 'defaultBranch'>,
  { task }: RunState,
): string => {
  const { branch } = task.source;
  if (branch !== null && refs.has(`refs/heads/${branch}`)) return branch;
  const name = defaultBranch?.replace(/^refs\/heads\//, '');
  if (name !== undefined) return name;
  throw refused('conflict', `${url} has no branch yet.`, 'Push one to it first, or name one (--into).');
};

/** What the commit stands on: what an earlier round left on that branch and what it was merged with since, else the commit that the person's branch was on. */
const startOf = (
  { number, task, merge, effects, round }: RunState,
  { remote, branch }: { readonly remote: string; readonly branch: string },
): Pick<Of<'branch'>, 'base' | 'onTop' | 'merges'> => {
  const { head, commit, dirty } = task.source;
  const merged = merge?.step === 'done' && merge.remote === remote ? merge.commit : null;
  const base = merged ?? head ?? (dirty ? null : commit);
  if (base === null)
    throw refused(
      'conflict',
      `Run ${number} started from a repository without commits: there is nothing that a branch could stand on.`,
      'Apply the result, commit, and push that.',
    );
  const before = effects.findLast(
    ({ effect, round: of, status }) =>
      status === 'done' &&
      of < round &&
      effect.kind === 'branch' &&
      effect.remote === remote &&
      effect.branch === branch,
  );
  if (before?.status !== 'done' || before.effect.kind !== 'branch') return { base, onTop: null };
  const onTop = before.result.reference;
  return merged === null || before.effect.base === merged ? { base, onTop } : { base, onTop, merges: merged };
};

/** Stores a text that an effect names. Throws RefusedError. */
export const keep = async ({ blobs, store }: ControlPlane, { id }: RunState, text: string): Promise<string> => {
  const content = Buffer.from(text);
  const stored = await blobs.put(
    (async function* () {
      yield content;
    })(),
    mostBodyBytes,
  );
  if (stored.outcome !== 'stored') throw refused('invalid', 'The text is too long.', 'Shorten it.');
  const { hash, bytes } = stored;
  await store.linkBlob(id, { hash, bytes, use: 'result' });
  return hash;
};
