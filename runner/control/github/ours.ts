import { z } from 'zod';
import { limited, statusOf, type Octokit } from './octokit.ts';

/** Who wrote something there. What an app wrote need not name it. */
const Written = z.object({
  user: z.object({ login: z.string(), type: z.string().catch('') }).nullish(),
  performed_via_github_app: z
    .object({ id: z.int(), client_id: z.string().nullish().catch(null) })
    .nullish()
    .catch(null),
});

export interface OursGiven {
  readonly octokit: Octokit;
  /** Of the app that speaks there; null: a token does, in a person's name. */
  readonly appId: string | null;
}

/**
 * The first of these texts that this runner has written, among those with its mark: anybody can copy one. Where GitHub does not say who it is that
 * asks, the mark alone counts; where it does not say which app wrote one, it has to be by an app. Undefined: there is none. Throws what octokit throws.
 */
export const oursAmong = async <Text extends object>(
  { octokit, appId }: OursGiven,
  marked: readonly Text[],
): Promise<Text | undefined> => {
  if (marked.length === 0) return undefined;
  const login = appId === null ? await loginOf(octokit) : null;
  return marked.find((text) => {
    const { user, performed_via_github_app: app } = Written.parse(text);
    if (appId === null) return login === null || user?.login.toLowerCase() === login.toLowerCase();
    return app == null ? user?.type === 'Bot' : [String(app.id), app.client_id].includes(appId);
  });
};

/** Null: GitHub does not say it to this token. */
const loginOf = async (octokit: Octokit): Promise<string | null> => {
  try {
    return (await octokit.rest.users.getAuthenticated({ request: limited() })).data.login;
  } catch (error) {
    if (statusOf(error) === 403 || statusOf(error) === 404) return null;
    throw error;
  }
};
