import { z } from 'zod';

/** Variable of the runner's environment that holds the secret of its webhooks; null: it hears of nothing there. */
const webhookSecretVariable = z.string().min(1).nullable().default(null);

const apiUrl = z.url({ protocol: /^https?$/ }).default('https://api.github.com');

/** An app of GitHub's: each run gets a token for its repository alone, to read, good for an hour; each effect one of its own, to write. */
const GitHubApp = z.strictObject({
  appId: z.union([z.string().min(1), z.int().positive()]).transform(String),
  /** Null: the repository's. */
  installationId: z.int().positive().nullable().default(null),
  /** PEM, readable by the runner alone. */
  privateKeyFile: z.string().startsWith('/', 'expected an absolute path'),
  /** The app has "Checks: write", and what is published gets a check with what Longhaul's own verification came to. */
  checkRuns: z.boolean().default(false),
  apiUrl,
  webhookSecretVariable,
});
export type GitHubApp = z.infer<typeof GitHubApp>;

/** A person's own token, the simple way for one person: for reading, and for publishing in their name. */
const GitHubToken = z.strictObject({
  /** Variable of the runner's environment that holds it. */
  tokenVariable: z.string().min(1),
  /** GitHub lets an app alone make checks. */
  checkRuns: z
    .literal(false, 'checks are made by an app alone: it needs appId and privateKeyFile in the place of tokenVariable')
    .optional(),
  apiUrl,
  webhookSecretVariable,
});
export type GitHubToken = z.infer<typeof GitHubToken>;

/** A token of GitLab's with the scope `api`: of a project, a group or a person. */
const GitLabToken = z.strictObject({
  /** Variable of the runner's environment that holds it. */
  tokenVariable: z.string().min(1),
  /** The same of a token that can only read, for whoever fetches code; null: the one above. */
  readTokenVariable: z.string().min(1).nullable().default(null),
  /** Null: `/api/v4` of the remote's host. */
  apiUrl: z
    .url({ protocol: /^https?$/ })
    .regex(/\/api\/v4\/?$/, 'expected an address such as https://gitlab.example.org/api/v4')
    .nullable()
    .default(null),
  webhookSecretVariable,
});
export type GitLabToken = z.infer<typeof GitLabToken>;

/** A remote that runs may read, and what lets them in. Only what matches one of these is ever connected to. */
export const RemoteConfig = z
  .strictObject({
    /** A URL in which * stands for anything: https://git.example.org/team/* */
    match: z
      .string()
      .regex(
        /^(?:https?:\/\/[^/@*\s]+|file:\/\/)\/[^@\s]*$/,
        'expected a URL such as https://git.example.org/*, with * in its path alone',
      ),
    username: z.string().min(1).default('longhaul'),
    /** Variable of the runner's environment that holds a read-only token. */
    passwordVariable: z.string().min(1).nullable().default(null),
    github: z.union([GitHubApp, GitHubToken]).nullable().default(null),
    gitlab: GitLabToken.nullable().default(null),
    /** Results of runs may be published there, by people who may approve. `ask`: by others and by triggers too, once one of those has said yes. */
    publish: z.union([z.boolean(), z.literal('ask')], 'expected true, false or ask').default(false),
  })
  .refine(
    ({ passwordVariable, github, gitlab }) =>
      [passwordVariable, github, gitlab].filter((way) => way !== null).length <= 1,
    { message: 'passwordVariable, github and gitlab exclude one another' },
  );
export type RemoteConfig = z.infer<typeof RemoteConfig>;
