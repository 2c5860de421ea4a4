import { z } from 'zod';
import type { RunEvent } from '../run/events.ts';
import { passed, type RunState } from '../run/state.ts';
import type { CommandFacts } from '../run/story/moment.ts';
import { createStory } from '../run/story/story.ts';
import { clean, cleanLine } from '../text/clean.ts';
import { plural } from '../text/figures.ts';
import type { CommandCoverage } from './coverage.ts';
import { verificationOf, verificationText } from './pull-request-body.ts';

/** What stands beside a line of the result. docs.github.com/rest/checks/runs: at most 50 are taken at once, and 64 KB of a message. */
const Annotation = z.strictObject({
  path: z.string().min(1).max(1_000),
  line: z.int().positive(),
  level: z.enum(['notice', 'failure']),
  message: z.string().min(1).max(2_000),
});
type Annotation = z.infer<typeof Annotation>;
const mostAnnotations = 50;

/** What Longhaul's own verification of a round came to, as a check of its commit says it. */
export const CheckReport = z.strictObject({
  /** `neutral`: nothing ran. */
  conclusion: z.enum(['success', 'failure', 'neutral']),
  title: z.string().min(1).max(250),
  /** Markdown; GitHub takes 65,535 characters. */
  summary: z.string().min(1).max(65_000),
  annotations: z.array(Annotation).max(mostAnnotations),
});
export type CheckReport = z.infer<typeof CheckReport>;

/** One that is kept as JSON, as a person reads it. Whatever else stands there is shown as it is. */
export const checkText = (kept: string): string => {
  const report = CheckReport.safeParse(jsonOf(kept)).data;
  if (report === undefined) return kept;
  const { title, summary, annotations } = report;
  return [title, summary, ...annotations.map(({ path, line, message }) => `${path}:${line}: ${message}`)].join('\n\n');
};

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

/** Of the round at hand, from its log. `files`: paths that the result has. */
export const checkReport = (
  run: RunState,
  events: readonly RunEvent[],
  { coverage, files }: { readonly coverage: readonly CommandCoverage[]; readonly files: readonly string[] },
): CheckReport => {
  const story = createStory();
  for (const event of events) story.add(event);
  const ran = verificationOf(story);
  const failed = ran.filter((command) => !passed(command));
  return {
    conclusion: ran.length === 0 ? 'neutral' : failed.length > 0 ? 'failure' : 'success',
    title: titleOf(ran.length, failed.length),
    summary: verificationText(ran).slice(0, 60_000),
    annotations: [...failuresIn(failed, new Set(files)), ...missedIn(coverage)].slice(0, mostAnnotations),
  };
};

const titleOf = (ran: number, failed: number): string => {
  if (ran === 0) return 'Nothing was run to verify it';
  return failed > 0 ? `${failed} of ${plural(ran, 'command')} failed` : `${plural(ran, 'command')} passed`;
};

/** `src/sum.js:12:3: expected 4`, as compilers and test runners name a line. */
const place = /(?:^|[\s(])(?:\.\/)?([^\s:()]+):(\d{1,6})(?::\d+)?(?=$|[\s:),])/;

/** Lines of the result that commands which failed name, each once, with what stands there. */
const failuresIn = (failed: readonly CommandFacts[], files: ReadonlySet<string>): readonly Annotation[] => {
  const found = new Map<string, Annotation>();
  for (const { command, output } of failed) {
    for (const text of clean(output).split('\n')) {
      const [, path = '', digits = ''] = place.exec(text) ?? [];
      const line = Number(digits);
      const key = `${path}:${line}`;
      if (line === 0 || !files.has(path) || found.has(key)) continue;
      const message = cleanLine(`${text.trim()} (${command})`).slice(0, 2_000);
      found.set(key, { path, line, level: 'failure', message });
    }
  }
  return [...found.values()];
};

/** Where changed lines begin that a command was seen to leave out, and none to run. */
const missedIn = (coverage: readonly CommandCoverage[]): readonly Annotation[] => {
  const all = coverage.flatMap(({ files }) => files);
  const isRun = (path: string, line: number): boolean =>
    all.some((file) => file.path === path && file.run.some(([first, last]) => first <= line && line <= last));
  const found = new Map<string, Annotation>();
  for (const { path, missed } of all)
    for (const [first, last] of missed) {
      if (isRun(path, first) || found.has(`${path}:${first}`)) continue;
      const message =
        first === last
          ? 'Verification did not run this line.'
          : `Verification did not run all of lines ${first} to ${last}.`;
      found.set(`${path}:${first}`, { path, line: first, level: 'notice', message });
    }
  return [...found.values()];
};
