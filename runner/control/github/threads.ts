import { z } from 'zod';
import { limited, type Octokit } from './octokit.ts';
import type { GitHubRepository } from './repository.ts';

interface ThreadsGiven {
  readonly octokit: Octokit;
  readonly repository: GitHubRepository;
  /** Of the pull request. */
  readonly number: number;
}

/** Only GraphQL knows threads. @internal */
export const threadsQuery = `query ($owner: String!, $repo: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $repo) {
    pullRequest(number: $number) {
      reviewThreads(first: 100, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes { id isResolved comments(first: 1) { nodes { databaseId } } }
      }
    }
  }
}`;

/** @internal */
export const resolveMutation = `mutation ($thread: ID!) {
  resolveReviewThread(input: { threadId: $thread }) { thread { isResolved } }
}`;

const Thread = z.object({
  id: z.string().min(1),
  isResolved: z.boolean(),
  comments: z.object({ nodes: z.array(z.object({ databaseId: z.int().nullable() })) }),
});
const Page = z.object({
  repository: z.object({
    pullRequest: z.object({
      reviewThreads: z.object({
        pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
        nodes: z.array(Thread),
      }),
    }),
  }),
});

/** A pull request of more is nobody's to read. */
const mostPages = 20;

const threadsOf = async ({ octokit, repository, number }: ThreadsGiven): Promise<readonly z.infer<typeof Thread>[]> => {
  const all: z.infer<typeof Thread>[] = [];
  let after: string | null = null;
  for (let page = 0; page < mostPages; page += 1) {
    const said: unknown = await octokit.graphql(threadsQuery, { ...repository, number, after, request: limited() });
    const { nodes, pageInfo } = Page.parse(said).repository.pullRequest.reviewThreads;
    all.push(...nodes);
    if (!pageInfo.hasNextPage) break;
    after = pageInfo.endCursor;
  }
  return all;
};

/** Resolves the threads that begin with these remarks, as far as they are not. Asked for again it changes nothing. Throws what octokit throws. */
export const resolveThreads = async (given: ThreadsGiven, remarks: readonly number[]): Promise<void> => {
  for (const { id, isResolved, comments } of await threadsOf(given)) {
    const first = comments.nodes[0]?.databaseId ?? null;
    if (isResolved || first === null || !remarks.includes(first)) continue;
    await given.octokit.graphql(resolveMutation, { thread: id, request: limited() });
  }
};
