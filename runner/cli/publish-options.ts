import type { z } from 'zod';
import { PullRequestBody, PullRequestTitle } from '../../shared/api/publication.ts';
import { NewBranch } from '../../shared/run/effect.ts';
import { RemoteRef, RemoteUrl } from '../../shared/run/source.ts';
import { cleanLine } from '../../shared/text/clean.ts';
import { usage } from '../../shared/trouble.ts';

/** What an option of `publish` takes, and one that is good. */
const options = {
  remote: { schema: RemoteUrl, such: '--remote https://github.com/acme/shop.git' },
  branch: { schema: NewBranch, such: '--branch fix/parser' },
  into: { schema: RemoteRef, such: '--into main' },
  title: { schema: PullRequestTitle, such: '--title "Mend the parser"' },
} as const satisfies Record<string, { readonly schema: z.ZodType<string>; readonly such: string }>;

/** Characters of a bad value that are told. */
const mostTold = 100;

/** What was given for an option, as the runner takes it; null: nothing was. Throws Trouble: what is wrong with it, and one that is good. */
export const given = (option: keyof typeof options, text: string | undefined): string | null => {
  if (text === undefined) return null;
  const { schema, such } = options[option];
  const { success, data, error } = schema.safeParse(text);
  if (success) return data;
  const told = cleanLine(text).slice(0, mostTold);
  throw usage(`--${option} is "${told}": ${error.issues[0]?.message ?? 'it cannot be used'}.`, `Such as: ${such}`);
};

/** The text of a pull request, from this file. Throws Trouble: what is wrong with it. */
export const bodyGiven = (text: string, file: string): string => {
  const { success, data, error } = PullRequestBody.safeParse(text);
  if (success) return data;
  throw usage(
    `The text in ${cleanLine(file)} (--body) cannot be published: ${error.issues[0]?.message ?? 'it cannot be read'}.`,
    'Correct that file, or leave --body out: the text that is shown then is published.',
  );
};
