import type { RunState } from '../../../shared/run/state.ts';
import { Author } from '../../machine/config/config.ts';
import { git, line } from '../../machine/git/git.ts';
import type { ControlPlane } from './plane.ts';

/** A line at the end of a commit's message, by which GitHub and others count whoever had the run begun as its author, too. */
const trailerName = 'Co-authored-by: ';

/** The message of a commit with whoever had the run begun, as far as it is known who that is to git. */
export const withCoAuthor = async (plane: ControlPlane, run: RunState, message: string): Promise<string> => {
  const author = await authorOf(plane, run);
  return author === null ? message : `${message}\n\n${trailerName}${author}`;
};

/** `Ada <ada@example.org>`: as the operator wrote it beside the person's token, or as git has it in the person's own repository. */
const authorOf = async ({ config }: ControlPlane, { task }: RunState): Promise<string | null> => {
  const { requester, tenant, source, repository } = task;
  const token = config.server.tokens.find((each) => `person:${each.name}` === requester && each.tenant === tenant);
  if (token !== undefined) return token.author ?? null;
  if (source.kind !== 'local') return null;
  const [name, email] = await Promise.all(['user.name', 'user.email'].map((key) => settingOf(repository, key)));
  return Author.safeParse(`${name} <${email}>`).data ?? null;
};

/** Empty: there is none, or no such repository any more. */
const settingOf = async (folder: string, key: string): Promise<string> => {
  const asked = await git(['config', '--get', key], { as: 'user', folder }).catch(() => null);
  return asked?.ok === true ? line(asked.output).trim() : '';
};
