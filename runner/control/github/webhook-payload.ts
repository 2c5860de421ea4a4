import { z } from 'zod';

export const Sender = z.object({ login: z.string().min(1), type: z.string().catch('User') });
const Text = z.string().nullish().catch(null);
const Number_ = z.int().positive();

const Issue = z.object({
  number: Number_,
  title: Text,
  body: Text,
  html_url: Text,
  updated_at: Text,
  pull_request: z.unknown().optional(),
});

/** Those whose head it is of; of a fork's there are none. */
const PullRequests = z
  .array(z.object({ number: Number_ }))
  .nullish()
  .catch(null);

export const Failed = z.object({
  conclusion: Text,
  head_branch: Text,
  head_sha: Text,
  updated_at: Text,
  name: Text,
  html_url: Text,
  app: z.object({ name: Text }).nullish().catch(null),
  head_repository: z.object({ full_name: Text }).nullish().catch(null),
  head_commit: z.object({ message: Text }).nullish().catch(null),
  pull_requests: PullRequests,
});

/** As much as is read of GitHub's payloads. What is not as its documentation has it is passed over, where the rest makes sense. */
export const Payload = z.object({
  action: Text,
  repository: z
    .object({
      html_url: z.url({ protocol: /^https?$/ }),
      full_name: z.string(),
      default_branch: Text,
      pushed_at: z.unknown().optional(),
    })
    .nullish(),
  sender: Sender.nullish().catch(null),
  issue: Issue.nullish().catch(null),
  label: z.object({ name: z.string() }).nullish().catch(null),
  assignee: z.object({ login: z.string() }).nullish().catch(null),
  comment: z
    .object({
      body: Text,
      html_url: Text,
      updated_at: Text,
      path: Text,
      line: Number_.nullish().catch(null),
      diff_hunk: Text,
    })
    .nullish()
    .catch(null),
  pull_request: z.object({ number: Number_, title: Text, body: Text }).nullish().catch(null),
  review: z.object({ id: Number_, state: Text, body: Text, html_url: Text, submitted_at: Text }).nullish().catch(null),
  check_run: z.object({ pull_requests: PullRequests }).nullish().catch(null),
  check_suite: Failed.nullish().catch(null),
  workflow_run: Failed.nullish().catch(null),
  ref: Text,
  deleted: z.boolean().nullish().catch(null),
  compare: Text,
  commits: z
    .array(z.object({ id: z.string(), message: z.string() }))
    .nullish()
    .catch(null),
  release: z
    .object({ tag_name: z.string(), name: Text, body: Text, html_url: Text, published_at: Text })
    .nullish()
    .catch(null),
  alert: z
    .object({
      number: Number_,
      html_url: Text,
      created_at: Text,
      updated_at: Text,
      secret_type: Text,
      rule: z.object({ description: Text, severity: Text }).nullish().catch(null),
      tool: z.object({ name: Text }).nullish().catch(null),
      security_advisory: z
        .object({ summary: Text, description: Text, severity: Text, ghsa_id: Text, cve_id: Text })
        .nullish()
        .catch(null),
      security_vulnerability: z
        .object({
          package: z.object({ name: Text, ecosystem: Text }).nullish().catch(null),
          vulnerable_version_range: Text,
          first_patched_version: z.object({ identifier: Text }).nullish().catch(null),
        })
        .nullish()
        .catch(null),
      dependency: z.object({ manifest_path: Text }).nullish().catch(null),
    })
    .nullish()
    .catch(null),
});
export type Payload = z.infer<typeof Payload>;
