import { createHash } from 'node:crypto';
import { canonicalJson } from '../../../shared/decision/canonical.ts';
import { RefusedError } from '../../../shared/api/router.ts';
import { openingsOf, type Brought } from '../../../shared/recipe/openings.ts';
import { actor, type ControlPlane, type Person } from './plane.ts';

interface Settings {
  readonly repository: string;
  readonly brought: readonly Brought[];
  /** The hash that whoever delegates says they have seen what is behind. */
  readonly trust: string | null;
  /** Whether that is put on record. */
  readonly record: boolean;
}

/**
 * A repository's settings open hosts only once somebody of the tenant has seen which: that is asked once for each repository and for
 * all that it opens together. Throws RefusedError with the list where it is still to be asked.
 */
export const mustBeTrusted = async (
  { store }: ControlPlane,
  person: Person,
  { repository, brought, trust, record }: Settings,
): Promise<void> => {
  const openings = openingsOf(brought);
  if (openings.length === 0) return;
  const hash = createHash('sha256').update(canonicalJson(openings)).digest('hex');
  const settings = { tenant: person.tenant, repository, hash };
  if (trust === hash) return record ? store.trust(settings, actor(person)) : undefined;
  if (await store.isTrusted(settings)) return;
  throw new RefusedError({
    code: 'untrusted',
    message: `The settings of ${repository} open something that nobody here has agreed to yet: ${openings.join('; ')}.`,
    remedy: `If that is right, delegate again with --trust ${hash}, which is asked once for this repository and this list.`,
    hash,
    openings,
  });
};
