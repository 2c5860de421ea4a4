import { RedirectedError, redirectOf } from '../../../shared/client/straight-fetch.ts';
import { limited } from './octokit.ts';
import type { OpenGitHub } from './access.ts';

/** Bytes of a log's end that are kept, and of the longest log that is read. */
const kept = 6_000;
const mostRead = 50_000_000;

/**
 * The end of what a job of GitHub Actions printed; null: it cannot be had, such as for want of "Actions: read". GitHub sends on to where
 * logs lie, whose address is good by itself: the credential does not go along.
 */
export const jobLog = async (open: OpenGitHub, job: number, signal: AbortSignal): Promise<string | null> => {
  try {
    const { octokit, repository } = await open({ actions: 'read' }, signal);
    const { data } = await octokit.rest.actions.downloadJobLogsForWorkflowRun({
      ...repository,
      job_id: job,
      request: { signal: AbortSignal.any([limited().signal, signal]), fetch: endOfLog },
    });
    return typeof data === 'string' ? data.replaceAll(stamps, '') : null;
  } catch {
    return null;
  }
};

/** Each line begins with when it was printed. */
const stamps = /^\d{4}-\d\d-\d\dT[\d:.]+Z /gm;

const endOfLog = async (input: string | URL, init: RequestInit = {}): Promise<Response> => {
  const asked = String(input);
  const first = await fetch(asked, { ...init, redirect: 'manual' });
  const location = first.headers.get('location');
  if (redirectOf(first, asked) === null || location === null) return endOf(first);
  await first.body?.cancel();
  const there = new URL(location, asked);
  if (there.protocol !== 'https:' && there.origin !== new URL(asked).origin)
    throw new RedirectedError(`a log is not read from ${there.origin}, which is not HTTPS`);
  const signal = init.signal ?? null;
  return endOf(await fetch(there, { ...(signal !== null && { signal }), redirect: 'error' }));
};

const endOf = async ({ body, status, headers }: Response): Promise<Response> => {
  let end = Buffer.alloc(0);
  let read = 0;
  for await (const chunk of body ?? []) {
    read += chunk.byteLength;
    if (read > mostRead) throw new Error(`a log of more than ${mostRead} bytes`);
    end = Buffer.concat([end, chunk]).subarray(-kept);
  }
  const type = headers.get('content-type') ?? 'text/plain';
  return new Response(end.toString('utf8'), { status, headers: { 'content-type': type } });
};
