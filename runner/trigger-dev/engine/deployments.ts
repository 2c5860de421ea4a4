import { straightFetch } from '../../../shared/client/straight-fetch.ts';
import type { ApiClient } from '@trigger.dev/core/v3';
import { z } from 'zod';

/** What is read of the list: the client's own schema refuses a deployment that was built outside of a git repository. */
const Deployments = z.object({
  data: z.array(z.object({ version: z.string(), status: z.string() })),
  pagination: z.object({ next: z.string().nullish() }).default({}),
});
const ended: ReadonlySet<string> = new Set(['FAILED', 'CANCELED', 'TIMED_OUT']);
const mostPages = 20;
const answerMs = 10_000;

export type Access = Pick<ApiClient, 'baseUrl' | 'accessToken'>;

/**
 * The versions that are deployed, or being deployed, to the key's environment, the newest first; null: the server does not
 * tell. What a worker of `trigger dev` has registered is no deployment.
 */
export const deployedVersions = async ({ baseUrl, accessToken }: Access): Promise<readonly string[] | null> => {
  const versions: string[] = [];
  let after = '';
  for (let page = 0; page < mostPages; page += 1) {
    const answer = await straightFetch(`${baseUrl}/api/v1/deployments?page%5Bsize%5D=100${after}`, {
      headers: { authorization: `Bearer ${accessToken}` },
      signal: AbortSignal.timeout(answerMs),
    });
    const read = answer.ok ? Deployments.safeParse(await answer.json()).data : undefined;
    if (read === undefined) return null;
    versions.push(...read.data.flatMap(({ version, status }) => (ended.has(status) ? [] : [version])));
    if (read.pagination.next === null || read.pagination.next === undefined) break;
    after = `&page%5Bafter%5D=${encodeURIComponent(read.pagination.next)}`;
  }
  return versions;
};
