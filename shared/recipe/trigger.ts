import { z } from 'zod';
import { CiRepairs } from '../run/effect.ts';
import { GivenInput, InputName } from './inputs.ts';
import { RecipeName } from './recipe.ts';
import { schemaFaults } from './settings.ts';

/** The name of a trigger is the name of its file, without `.yaml`. */
export const TriggerName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,60}$/, 'expected lower-case words joined by hyphens, such as nightly-tests');

const isTimeZone = (name: string): boolean => {
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
};

/**
 * What becomes of a result without a person: nothing, a draft pull request once somebody has said yes, one at once, or one that is ready for
 * review. From less to more.
 */
export const Publishes = z.enum(['no', 'ask', 'draft', 'ready']);
export type Publishes = z.infer<typeof Publishes>;

/** Whether what is wanted is no more than what somebody agreed to. */
export const isWithin = (wanted: Publishes, agreed: Publishes): boolean =>
  Publishes.options.indexOf(wanted) <= Publishes.options.indexOf(agreed);

/** What of an event an input can be made of. All of it is what somebody outside said, or chose. */
export const EventField = z.enum([
  'event.title',
  'event.text',
  'event.url',
  'event.actor',
  'event.number',
  'event.label',
  'event.assignee',
  'event.command',
  'event.branch',
  'event.commit',
]);
export type EventField = z.infer<typeof EventField>;
const MappedInput = z.strictObject({ from: EventField });
const mapped = `expected a value, or { from: … } with one of ${EventField.options.join(', ')}`;

const what = {
  recipe: RecipeName.nullable().default(null),
  goal: z.string().trim().max(20_000).default(''),
  publish: Publishes.default('no'),
  /** So many rounds are begun by checks of that pull request that fail. */
  ciRepairs: CiRepairs.default(0),
  /** US$ that the runs which it begins within 24 hours may spend; past that it is paused until somebody enables it again. Null: no matter. */
  usdPerDay: z.number().positive().max(100_000).nullable().default(null),
};

/** Whether there is another run while the one before has not come to a result. */
const WhileOpen = z.enum(['skip', 'begin']);

const Scheduled = z.strictObject({
  /** Minute, hour, day of the month, month, day of the week, as cron has them; or @daily and the like. */
  schedule: z.string().trim().min(1).max(100),
  /** By its IANA name, such as Europe/Berlin. */
  timeZone: z
    .string()
    .refine(isTimeZone, 'expected the name of a time zone, such as Europe/Berlin or UTC')
    .default('UTC'),
  ...what,
  inputs: z.record(InputName, GivenInput).default({}),
  /** What is done about times at which no runner was there: nothing, one run for all of them, or a run for each (the last 24). */
  missed: z.enum(['skip', 'once', 'all']).default('once'),
  whileOpen: WhileOpen.default('skip'),
  /** It begins up to so many minutes later, always as many: by its name, so that not all begin at once. */
  jitterMinutes: z.int().min(0).max(60).default(0),
});
export type ScheduledTrigger = Readonly<z.output<typeof Scheduled>>;

const Name = z.string().trim().min(1).max(200);
const onGitHub = <const Kind extends string, Rest extends z.ZodRawShape>(kind: Kind, rest: Rest) =>
  z.strictObject({ github: z.literal(kind), ...rest });

/** The name under which a runner's configuration takes signed webhooks. */
export const WebhookName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,60}$/, 'expected lower-case words joined by hyphens, such as pagerduty');

const gitHubEvents = [
  onGitHub('issue-opened', {}),
  onGitHub('issue-labeled', { label: Name }),
  onGitHub('issue-assigned', { assignee: Name }),
  /** A comment on an issue, a pull request or a line of one that begins with `/longhaul <command>`. */
  onGitHub('comment', {
    command: z.string().regex(/^[a-z0-9][a-z0-9-]{0,30}$/, 'expected a word such as fix, for "/longhaul fix …"'),
  }),
  /** Somebody has handed in a review of a pull request. What only remarks or approves begins nothing: each answer to a remark is such a review, too. */
  onGitHub('review-submitted', {
    state: z.literal(
      'changes-requested',
      'expected changes-requested: a review that only remarks, or approves, begins no run',
    ),
  }),
  /** All checks of one app, for a commit of this branch, have ended and some failed. */
  onGitHub('checks-failed', { branch: Name }),
  onGitHub('workflow-failed', { branch: Name }),
  onGitHub('push', { branch: Name }),
  onGitHub('release-published', {}),
  onGitHub('dependabot-alert', {}),
  onGitHub('code-scanning-alert', {}),
  onGitHub('secret-scanning-alert', {}),
] as const;
const gitHubKinds = gitHubEvents.map(({ shape }) => shape.github.value).join(', ');
const GitHubEventWanted = z.discriminatedUnion('github', gitHubEvents, `expected github with one of ${gitHubKinds}`);
/** What happens on GitHub that a trigger can wait for. */
export type GitHubEventKind = z.infer<typeof GitHubEventWanted>['github'];

const event = {
  ...what,
  /** Of its recipe: what each is, or the field of what happened that it is. */
  inputs: z.record(InputName, z.union([GivenInput, MappedInput], mapped)).default({}),
  whileOpen: WhileOpen.default('begin'),
  /** So many runs begin within 24 hours; what happens then begins none, and is told. */
  perDay: z.int().min(1).max(1000).default(20),
};
const OnGitHub = z.strictObject({ on: GitHubEventWanted, ...event });
const OnWebhook = z.strictObject({ on: z.strictObject({ webhook: WebhookName }), ...event });
export type EventTrigger = Readonly<z.output<typeof OnGitHub> | z.output<typeof OnWebhook>>;

/** Who wrote a trigger: whoever may commit to the default branch of its repository, or the operator, in the runner's configuration. */
export const TriggerOrigin = z.enum(['repository', 'runner']);
export type TriggerOrigin = z.infer<typeof TriggerOrigin>;

/** What begins a run by itself, and which. Of `.longhaul/triggers/<name>.yaml`, as the YAML is parsed. */
export type Trigger = ScheduledTrigger | EventTrigger;

export const isScheduled = (trigger: Trigger): trigger is ScheduledTrigger => 'schedule' in trigger;

export interface WantedEvent {
  readonly source: 'github' | 'webhook';
  /** What happened on GitHub, or the name of the webhook. */
  readonly kind: string;
  /** Its label, assignee, command, state or branch; null: whichever. */
  readonly value: string | null;
}

/** What a trigger waits for. */
export const wantedBy = ({ on }: EventTrigger): WantedEvent => {
  if ('webhook' in on) return { source: 'webhook', kind: on.webhook, value: null };
  const { github: kind, ...rest } = on;
  return { source: 'github', kind, value: Object.values(rest)[0] ?? null };
};

const has = <const Key extends string>(value: unknown, key: Key): value is { readonly [K in Key]: unknown } =>
  typeof value === 'object' && value !== null && key in value;

export type ParsedTrigger =
  | { readonly outcome: 'ok'; readonly trigger: Trigger }
  /** Every fault, a sentence each. */
  | { readonly outcome: 'refused'; readonly faults: readonly string[] };

/** What a trigger's file says, once its YAML is parsed. Whether its schedule is one, `scheduleOf` says. */
export const parseTrigger = (value: unknown): ParsedTrigger => {
  if (has(value, 'on') && has(value, 'schedule'))
    return { outcome: 'refused', faults: ['A trigger has a schedule, or says what it begins on, and not both.'] };
  if (!has(value, 'on') && !has(value, 'schedule'))
    return {
      outcome: 'refused',
      faults: [
        'It does not say when: expected a schedule, such as "30 2 * * 1-5", or on, such as { github: issue-labeled, label: agent }.',
      ],
    };
  const schema = !has(value, 'on') ? Scheduled : has(value.on, 'webhook') ? OnWebhook : OnGitHub;
  const parsed = schema.safeParse(value);
  if (!parsed.success) return { outcome: 'refused', faults: schemaFaults(parsed.error, 'the file') };
  const { goal, recipe, inputs, publish, ciRepairs } = parsed.data;
  if (recipe === null && Object.keys(inputs).length > 0)
    return { outcome: 'refused', faults: ['inputs: only with a recipe, which says what they are.'] };
  if (publish === 'no' && ciRepairs > 0)
    return { outcome: 'refused', faults: ['ciRepairs: only with publish, whose pull request has the checks.'] };
  return goal === '' && recipe === null
    ? { outcome: 'refused', faults: ['goal: expected a goal, or a recipe: what shall the agent do?'] }
    : { outcome: 'ok', trigger: parsed.data };
};
