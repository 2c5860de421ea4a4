import { z } from 'zod';
import { page, pages } from '../forges/pages.ts';
import { orNull, type GitLab } from './client.ts';

/** docs.gitlab.com/api/access_requests: roles by number; 30 is Developer, the first that may push. */
const developer = 30;

const Member = z.object({ username: z.string(), access_level: z.int(), state: z.string() });
const Members = z.array(Member);

/** docs.gitlab.com/user/project/settings/project_access_tokens and those of groups: names of their users. */
const ofToken = /^(?:project|group)_\d+_bot(?:_|\d|$)/;

/** Whether it is a token's, and no person. */
export const isBot = (username: string): boolean => ofToken.test(username);

const may = ({ access_level: level, state }: z.infer<typeof Member>): boolean =>
  state === 'active' && level >= developer;

/** Whether a user may write to the project, in it or in a group above it, as GitLab says now; of whom it does not say it, no. Throws where it cannot be asked. */
export const mayWriteById = async ({ members, project }: GitLab, id: number): Promise<boolean> => {
  const there = await orNull(members.show(project, id, { includeInherited: true }));
  return there !== null && may(Member.parse(there));
};

/** The same of somebody by name. */
export const mayWrite = async ({ members, project }: GitLab, username: string): Promise<boolean> => {
  if (isBot(username)) return false;
  const like = { includeInherited: true, query: username, perPage: page.per_page } as const;
  const all = await pages(async (at) => ({ data: Members.parse(await members.all(project, { ...like, page: at })) }));
  const member = all.find((each) => each.username.toLowerCase() === username.toLowerCase());
  return member !== undefined && may(member);
};
