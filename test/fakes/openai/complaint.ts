import type { z } from 'zod';
import { fails, type Rejection } from './reply.ts';

/** A 400 as OpenAI writes it. */
export function invalid(message: string, param: string | null, code: string | null = null): Rejection {
  return fails(400, {
    message,
    type: 'invalid_request_error',
    ...(param !== null && { param }),
    ...(code !== null && { code }),
  });
}

/** What is wrong with a body, from the deepest issue that zod found. */
export function complaintOf(error: z.ZodError): Rejection {
  const issue = deepest(error.issues[0]!);
  const param = pathOf(issue.path);
  if (issue.code === 'unrecognized_keys') {
    const name = pathOf([...issue.path, issue.keys[0]!]);
    return invalid(`Unknown parameter: '${name}'.`, name, 'unknown_parameter');
  }
  return invalid(`Invalid value for '${param}': ${issue.message}.`, param, 'invalid_value');
}

type Issue = z.core.$ZodIssue;

/** Of the branches of a union the one that came furthest is the one that was meant. */
function deepest(issue: Issue): Issue {
  if (issue.code !== 'invalid_union') return issue;
  const candidates = issue.errors
    .flatMap((branch) => branch.slice(0, 1))
    .map((inner) => deepest({ ...inner, path: [...issue.path, ...inner.path] }));
  return candidates.toSorted((a, b) => b.path.length - a.path.length)[0] ?? issue;
}

const pathOf = (path: readonly PropertyKey[]): string =>
  path.map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index > 0 ? '.' : ''}${String(key)}`)).join('');
