import { z } from 'zod';
import { orNull, type GitLab } from './client.ts';

/** docs.gitlab.com/api/access_requests: roles by number; 30 is Developer, the first that may push. */
const developer = 30;

const Member = z.object({ access_level: z.int(), state: z.string() });
const Users = z.array(z.object({ id: z.int().positive(), username: z.string() }));

/** docs.gitlab.com/user/project/settings/project_access_tokens and those of groups: names of their users. */
const ofToken = /^(?:project|group)_\d+_bot(?:_|\d|$)/;

/** Whether it is a token's, and no person. */
export const isBot = (username: string): boolean => ofToken.test(username);

/** Whether a user may write to the project, in it or in a group above it, as GitLab says now; of whom it does not say it, no. Throws where it cannot be asked. */
export const mayWriteById = async ({ members, project }: GitLab, id: number): Promise<boolean> => {
  const there = await orNull(members.show(project, id, { includeInherited: true }));
  if (there === null) return false;
  const { access_level: level, state } = Member.parse(there);
  return state === 'active' && level >= developer;
};

/** The same of somebody by name. */
export const mayWrite = async (gitlab: GitLab, username: string): Promise<boolean> => {
  if (isBot(username)) return false;
  const named = Users.parse(await gitlab.users.all({ username, perPage: 2, page: 1 }));
  const user = named.find((each) => each.username.toLowerCase() === username.toLowerCase());
  return user !== undefined && mayWriteById(gitlab, user.id);
};
