import type { PublishInput } from '../../../shared/api/publication.ts';
import { parsePatch } from '../../../shared/review/patch.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { secretsIn } from '../effects/secrets.ts';
import { refused, type ControlPlane } from './plane.ts';

/** What looks like a secret in all that would be published. */
export const secretsOf = async (
  { blobs }: Pick<ControlPlane, 'blobs'>,
  { patch, message, pullRequest }: Pick<PublishInput, 'patch' | 'message' | 'pullRequest'>,
): Promise<string[]> => {
  const files = parsePatch((await blobs.read(patch)).toString('utf8'));
  return secretsIn(files, [
    message,
    ...(pullRequest === null
      ? []
      : [pullRequest.title, pullRequest.body, pullRequest.comment ?? '', ...checkTexts(pullRequest)]),
  ]);
};

const checkTexts = ({ check }: NonNullable<PublishInput['pullRequest']>): readonly string[] =>
  check === null ? [] : [check.summary, ...check.annotations.map(({ message }) => message)];

/** How many are named in a refusal. */
const mostNamed = 5;

/** What was found and the person was not shown is not published. Throws RefusedError. */
export const mustBeShown = (
  { number }: Pick<RunState, 'number'>,
  found: readonly string[],
  shown: readonly string[],
): void => {
  const others = found.filter((secret) => !shown.includes(secret));
  if (others.length === 0) return;
  const named = others.slice(0, mostNamed).join('; ');
  throw refused(
    'denied',
    `What would be published has what looks like ${others.length === 1 ? 'a secret' : `${others.length} secrets`}: ${named}${others.length > mostNamed ? '; …' : ''}.`,
    `Have it taken out: longhaul discard ${number} --changes "…". Or, where it is none: longhaul publish ${number} --with-secrets`,
  );
};
