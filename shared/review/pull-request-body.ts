import { countedHow, coverageLines, type CommandCoverage } from './coverage.ts';
import type { RunEvent } from '../run/events.ts';
import type { CommandFacts, DecisionFacts } from '../run/story/moment.ts';
import { isOf } from '../run/story/moment.ts';
import { createStory, standingVerification, type Story } from '../run/story/story.ts';
import { passed, type RunState } from '../run/state.ts';
import { actor, clean, shownPath } from '../text/clean.ts';
import { code, fenced, plainLine, plainText } from './plain-markdown.ts';
import { changeSize, cost, count, plural, utc } from '../text/figures.ts';

/** GitHub takes 65,536 characters. */
const mostCharacters = 60_000;
/** Of one command's output. */
const mostOutput = 4_000;

/**
 * What a pull request says of the run that it is from: what was asked, what the agent says it did with the recorded calls that show it, and what
 * Longhaul ran itself. Texts of models, commands and people are shown as they are: nothing in them becomes a link, an image, a mention or a
 * word that closes an issue.
 */
export const pullRequestBody = (
  run: RunState,
  events: readonly RunEvent[],
  coverage: readonly CommandCoverage[],
): string => {
  const story = createStory();
  for (const event of events) story.add(event);
  const sections = [
    ['Goal', fenced(run.task.goal)],
    ['What was done', run.report === null ? 'The agent reported nothing.' : plainText(run.report.summary)],
    ['Claims', claims(run, story)],
    ['Verification, run by Longhaul', verificationText(verificationOf(story))],
    ['Changed lines that verification ran', linesRun(coverage)],
    ['Plan', run.plan.map(({ text, status }) => `- [${status === 'done' ? 'x' : ' '}] ${plainLine(text)}`).join('\n')],
    ['Decisions', decisions(story)],
  ] as const;
  const told = sections.flatMap(([title, text]) => (text === '' ? [] : [`## ${title}\n\n${text}`]));
  const whole = [...told, foot(run)].join('\n\n');
  if (whole.length <= mostCharacters) return whole;
  return `${whole.slice(0, mostCharacters).replace(/```[^`]*$/, '')}\n\n…the rest is in Longhaul.\n\n${foot(run)}`;
};

const claims = ({ report }: RunState, story: Story): string =>
  (report?.claims ?? [])
    .map(({ text, calls }) => {
      const shown = calls.flatMap((id) => {
        const call = story.call(id)?.about.call;
        return call === undefined ? [] : [`call ${call.number} (${plainLine(call.tool)})`];
      });
      return `- ${plainLine(text)}${shown.length === 0 ? '' : ` — shown by ${shown.join(', ')}`}`;
    })
    .join('\n');

/** The commands that verified the round at hand, as far as the agent did not go on from them: what they said was of another tree. */
export const verificationOf = (story: Story): readonly CommandFacts[] =>
  standingVerification(story).map(({ about }) => about.command);

export const verificationText = (ran: readonly CommandFacts[]): string => {
  if (ran.length === 0) return '**Nothing was run to verify it.**';
  return ran.map(commandText).join('\n\n');
};

/** Files that are named. */
const mostFiles = 50;

const linesRun = (coverage: readonly CommandCoverage[]): string => {
  const lines = coverageLines(coverage);
  if (lines.length === 0) return '';
  const more = lines.length > mostFiles ? [`- and ${plural(lines.length - mostFiles, 'more file')}`] : [];
  const shown = lines.slice(0, mostFiles).map(({ path, text, missed }) => {
    const told = `${plainLine(shownPath(path))}: ${plainLine(text)}`;
    return `- ${missed ? `**${told}**` : told}`;
  });
  return [...shown, ...more, '', countedHow].join('\n');
};

const commandText = (command: CommandFacts): string => {
  const ended = command.outcome === 'exited' ? `exit code ${command.exitCode ?? '?'}` : command.outcome;
  const output = clean(command.output).trim();
  const shown = output.length > mostOutput ? `${output.slice(0, mostOutput)}\n…` : output;
  return [
    `${passed(command) ? 'Passed' : '**Failed**'} (${ended}): ${code(command.command)}`,
    ...(shown === '' ? [] : ['', '<details><summary>Output</summary>', '', fenced(shown), '', '</details>']),
  ].join('\n');
};

const decisions = (story: Story): string =>
  story.moments
    .filter(isOf('decision'))
    // Who lets what be published where is not for those who read it there.
    .filter(({ about }) => about.decision.request.kind !== 'publish')
    .flatMap(({ about }) => decisionText(about.decision))
    .join('\n');

const decisionText = ({ request, made }: DecisionFacts): readonly string[] =>
  made === null
    ? []
    : [`- ${plainLine(request.action)}: ${made.verdict.kind} by ${plainLine(actor(made.by))}, ${utc(made.at)}`];

const foot = ({ number, id, task, spent, result, round }: RunState): string => {
  const { requester, model } = task;
  const facts = [
    `Run ${number} of Longhaul (${id}), round ${round}, for ${plainLine(actor(requester))}`,
    ...(result === null ? [] : [changeSize(result)]),
    `cost: ${cost(spent.usd, spent.unpriced === 0)}, ${count(spent.inputTokens + spent.outputTokens)} tokens, ${plural(spent.turns, 'turn')}`,
    ...(model === null ? [] : [plainLine(model)]),
  ];
  return `---\n${facts.join(' · ')}\n\nTo ask for changes: *Request changes* in a review here, from whoever may write to this repository; or \`longhaul discard ${number} --changes "…"\`, or *Request Changes* in VS Code.`;
};
