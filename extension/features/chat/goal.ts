import { z } from 'zod';

/** What chat gives the tool: parsed here, since a model wrote it. */
export const DelegateToolInput = z.object({
  goal: z.string().trim().min(1).max(100_000),
  verification: z.string().trim().min(1).max(10_000).nullish(),
});
export type DelegateToolInput = z.infer<typeof DelegateToolInput>;

/** Text for Markdown in which nothing of it is taken for Markdown: a fence that is longer than any inside. */
export const fenced = (text: string): string => {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
};
