import { titleOfEvent } from '../../../shared/recipe/outside-event.ts';
import { needsSubject, type Subject, type WantedOutput } from '../../../shared/run/output.ts';
import { EffectTrouble } from '../../../shared/run/effect-trouble.ts';
import { Trouble } from '../../../shared/trouble.ts';
import { outsideText } from './outside-text.ts';
import { refused, type ControlPlane } from './plane.ts';

interface Told {
  /** As its forge knows it: of GitHub's issues and pull requests with one number there is one. */
  readonly subject: Subject;
  /** What a run of it is called. */
  readonly title: string;
  /** What it says, as data for the model. */
  readonly text: string;
  /** What is otherwise than it was named, a sentence each. */
  readonly notes: readonly string[];
}

/** What is to be known of it. `id`: the run's; `about`: as it was named. Throws RefusedError where it cannot be read. */
export const toldOf = async (
  plane: Pick<ControlPlane, 'remotes' | 'dedupeSecret' | 'closing'>,
  { subject, about, id }: { readonly subject: Subject; readonly about: string; readonly id: string },
): Promise<Told> => {
  const { remote, number } = subject;
  const forge = plane.remotes.allowed(remote)?.forge ?? null;
  if (forge === null)
    throw refused(
      'denied',
      `${remote} is no repository of GitHub’s or GitLab’s to this runner.`,
      'Its operator can say so: remotes: [{ match: …, github: … }], or gitlab, in its config.yaml.',
    );
  try {
    const { kind, event } = await forge.subject(subject, plane.closing);
    // `acme/shop#12` says neither.
    const isNamedOtherwise = kind !== subject.kind && address.test(about);
    return {
      subject: { ...subject, kind },
      title: titleOfEvent(event),
      text: outsideText(plane, { id: `about ${id}`, event }),
      notes: isNamedOtherwise ? [`${remote} has no ${subject.kind} ${number}: it is about ${kind} ${number}.`] : [],
    };
  } catch (error) {
    if (error instanceof EffectTrouble && error.again) throw refused('unavailable', error.message, error.remedy);
    if (error instanceof Trouble) throw refused('conflict', error.message, error.remedy);
    throw error;
  }
};

/** `https://github.com/acme/shop/pull/12` or `https://gitlab.com/acme/tools/shop/-/merge_requests/12`, whatever comes behind it. */
const address =
  /^(?<remote>https?:\/\/.+\/[^/]+\/(?!-\/)[^/]+)\/(?<kind>issues|pull|-\/issues|-\/work_items|-\/merge_requests)\/(?<number>[1-9]\d{0,8})(?:[/?#].*)?$/;
/** `acme/shop#12`: an issue on GitHub. */
const short = /^(?<repository>[\w.-]+\/[\w.-]+)#(?<number>[1-9]\d{0,8})$/;

/**
 * The issue or the pull request that a run is to be about. Throws RefusedError for what names none, and where the result is to be said on it and this
 * runner says nothing there.
 */
export const subjectFor = (
  { remotes }: Pick<ControlPlane, 'remotes'>,
  { about, output }: { readonly about: string | null; readonly output: WantedOutput },
): Subject | null => {
  const isNeeded = needsSubject(output);
  if (about === null) {
    if (!isNeeded) return null;
    throw refused(
      'invalid',
      `Its result is to be ${output.kind === 'labels' ? 'labels of' : 'a comment on'} an issue or a pull request, and it is about none.`,
      'Name it, such as --about https://github.com/acme/shop/issues/12; a trigger names it where it waits for an issue or a comment.',
    );
  }
  const named = namedSubject(about);
  if (named === null)
    throw refused(
      'invalid',
      `${JSON.stringify(about)} names no issue and no pull request.`,
      'Give its address, such as https://github.com/acme/shop/pull/12, or acme/shop#12 for an issue on GitHub.',
    );
  const allowed = remotes.allowed(named.remote);
  if (isNeeded && allowed?.publishing?.forge == null)
    throw refused(
      'denied',
      `This runner says nothing at ${named.remote}.`,
      'Its operator can allow it: remotes: [{ match: …, github: …, publish: true }], or gitlab, in its config.yaml.',
    );
  return { ...named, remote: allowed?.url ?? named.remote };
};

/** Null: it names none. */
export const namedSubject = (about: string): Subject | null => {
  const url = address.exec(about)?.groups;
  if (url !== undefined)
    return {
      remote: url['remote'] ?? '',
      kind: /^(?:pull|-\/merge_requests)$/.test(url['kind'] ?? '') ? 'pull request' : 'issue',
      number: Number(url['number']),
    };
  const groups = short.exec(about)?.groups;
  return groups === undefined
    ? null
    : { remote: `https://github.com/${groups['repository'] ?? ''}`, kind: 'issue', number: Number(groups['number']) };
};
