import { z } from 'zod';
import type { PolicyRule } from '../policy/policy.ts';
import type { Budget } from '../run/budget.ts';
import type { PlannedCommand } from '../run/events.ts';
import { mostLabels, type WantedOutput } from '../run/output.ts';
import { isBlank } from '../text/clean.ts';
import { ToolName, toolNature } from '../tool/arguments.ts';
import { RecipeInputs, type InputValue, type RecipeInput } from './inputs.ts';
import {
  addedPolicy,
  common,
  ConfiguredCommands,
  planned,
  schemaFaults,
  type AddedPolicy,
  type LowerBudget,
} from './settings.ts';

/** The name of a recipe is the name of its file, without `.md`. */
export const RecipeName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,60}$/, 'expected lower-case words joined by hyphens, such as fix-failing-test');

/** They only write to the log, and without them no task of several steps is planned or ends. */
const always: readonly ToolName[] = ['plan', 'finish'];

/** The kinds that need no more said of them. */
const PlainOutput = z.enum(['diff', 'report', 'comment', 'issue', 'release']);
const labels = 'expected diff, report, comment, issue, release, or { labels: [bug, docs], most: 2 }';
/** As GitHub takes it; a comma is what people put between two. */
const RecipeLabel = z
  .string('expected the name of a label; put it in quotes where it is a number or a word such as no')
  .trim()
  .min(1, 'expected the name of a label, which is not empty')
  .max(50, 'expected a label of up to 50 characters')
  .refine(
    (label) => !/[\p{Cc},]/u.test(label),
    'expected the name of one label, without a comma or a control character',
  )
  .refine((label) => label === '' || !isBlank(label), 'expected the name of a label that can be seen');
const RecipeLabels = z
  .array(RecipeLabel)
  .min(1, 'expected a label at least')
  .max(mostLabels, `expected up to ${mostLabels} labels`)
  .superRefine((all, context) => {
    const known = new Set<string>();
    for (const [at, label] of all.entries()) {
      const name = label.toLowerCase();
      if (known.has(name))
        context.addIssue({
          code: 'custom',
          path: [at],
          message: `${JSON.stringify(label)} is there already: to GitHub it is one label, whatever its case`,
        });
      known.add(name);
    }
  });
const RecipeOutput = z
  .union(
    [PlainOutput, z.strictObject({ labels: z.array(z.unknown()), most: z.int().min(1).max(mostLabels).default(3) })],
    labels,
  )
  .transform((said, context): WantedOutput => {
    if (typeof said === 'string') return { kind: said };
    const parsed = RecipeLabels.safeParse(said.labels);
    if (parsed.success) return { kind: 'labels', allowed: parsed.data, most: said.most };
    // Told here, with its place: a union says of none of its parts what is wrong with it.
    for (const { message, path } of parsed.error.issues)
      context.addIssue({ code: 'custom', message, path: ['labels', ...path] });
    return z.NEVER;
  });

/** The front matter of a recipe, as the YAML is parsed. What is left out is as the repository and the runner say. */
const FrontMatter = z.strictObject({
  title: z.string().trim().min(1).max(100),
  description: z.string().trim().max(500).default(''),
  /** Whether a person has to say something. What they say stands where {{goal}} stands in the text. */
  goal: z.enum(['required', 'optional']).default('required'),
  /** What else is to be said: `package: { type: string }` stands where {{package}} stands in the text. */
  inputs: RecipeInputs.prefault({}),
  /** The others are denied, and the agent is not told of them. */
  tools: z.array(ToolName).min(1).nullable().default(null),
  /** What its result is; where that is no diff, the tools that change files are left out unless `tools` names them. */
  output: RecipeOutput.default({ kind: 'diff' }),
  setup: ConfiguredCommands.nullable().default(null),
  verification: ConfiguredCommands.nullable().default(null),
  ...common,
  decisionHours: z
    .number()
    .positive()
    .max(24 * 365)
    .nullable()
    .default(null),
  /** A recipe can let others go first, and not push ahead of them. */
  priority: z.int().min(-100).max(0).default(0),
});

/** Those that change nothing. */
const looking = ToolName.options.filter((tool) => toolNature[tool] !== 'changes');

/** A kind of task. Null: as the repository says, or the runner. */
export interface Recipe {
  readonly title: string;
  readonly description: string;
  readonly needsGoal: boolean;
  readonly inputs: readonly RecipeInput[];
  /** Markdown in which {{goal}} stands for what a person says, and an input's name in braces for what is given for it. */
  readonly template: string;
  /** What the agent may use; null: every tool. */
  readonly tools: readonly ToolName[] | null;
  readonly output: WantedOutput;
  readonly setup: readonly PlannedCommand[] | null;
  readonly verification: readonly PlannedCommand[] | null;
  readonly policy: AddedPolicy;
  readonly model: string | null;
  readonly budget: LowerBudget;
  readonly decisionHours: number | null;
  readonly priority: number;
}

export type ParsedRecipe =
  | { readonly outcome: 'ok'; readonly recipe: Recipe }
  /** Every fault, a sentence each. */
  | { readonly outcome: 'refused'; readonly faults: readonly string[] };

/** The two parts of a recipe's file; null: there is no front matter. */
export const splitRecipe = (text: string): { readonly frontMatter: string; readonly template: string } | null => {
  const match = /^\uFEFF?---[ \t]*\r?\n(?<front>(?:.*\r?\n)*?)---[ \t]*(?:\r?\n|$)/.exec(text);
  if (match === null) return null;
  return { frontMatter: match.groups?.['front'] ?? '', template: text.slice(match[0].length).trim() };
};

/** `{{goal}}`, `{{test-file}}`. What GitHub's workflows write, `${{ … }}`, is text. */
const placeholder = /(?<!\$)\{\{\s*([a-z][a-z0-9_-]*)\s*\}\}/g;
const anyCase = new RegExp(placeholder, 'gi');

/** What a recipe says, once its front matter is parsed. `template` is the Markdown below it. */
export const parseRecipe = (frontMatter: unknown, template: string): ParsedRecipe => {
  const parsed = FrontMatter.safeParse(frontMatter ?? {});
  if (!parsed.success) {
    // Which inputs there are is not known then.
    const text = templateFaults(template, null);
    return { outcome: 'refused', faults: [...schemaFaults(parsed.error, 'front matter'), ...text] };
  }
  const { title, description, goal, inputs, output, setup, verification, model, budget, decisionHours, priority } =
    parsed.data;
  const isDiff = output.kind === 'diff';
  const tools = parsed.data.tools ?? (isDiff ? null : looking);
  // Nothing is run, so nothing has to be set up; and of no other result a command shows that it is right.
  const runs = tools === null || tools.includes('bash');
  const added = addedPolicy(parsed.data, { prefix: 'recipe-', name: 'The recipe', reserved: ['tools'] });
  const faults = [...added.faults, ...templateFaults(template, inputs)];
  if (faults.length > 0) return { outcome: 'refused', faults };
  return {
    outcome: 'ok',
    recipe: {
      title,
      description,
      needsGoal: goal === 'required',
      inputs,
      template,
      tools: tools === null ? null : ToolName.options.filter((tool) => [...tools, ...always].includes(tool)),
      output,
      setup: setup === null ? (runs ? null : []) : planned(setup),
      verification: verification === null ? (isDiff ? null : []) : planned(verification),
      policy: added.policy,
      model,
      budget,
      decisionHours,
      priority,
    },
  };
};

/** `inputs` null: they are not known. */
const templateFaults = (template: string, inputs: readonly RecipeInput[] | null): readonly string[] => {
  const used = new Set([...template.matchAll(placeholder)].map(([, name = '']) => name));
  const declared = (inputs ?? []).map(({ name }) => name);
  const known = ['goal', ...declared].map((name) => `{{${name}}}`).join(', ');
  const stands = declared.length === 0 ? 'only {{goal}} stands' : `only these stand: ${known}`;
  const isUnknown = (name: string): boolean => name !== 'goal' && inputs !== null && !declared.includes(name);
  const misspelt = [...template.matchAll(anyCase)]
    .map(([, name = '']) => name)
    .filter((name) => name !== name.toLowerCase() && ['goal', ...declared].includes(name.toLowerCase()));
  return [
    ...[...new Set(misspelt)].map(
      (name) => `The text has {{${name}}}, which is text: names are in lower case, {{${name.toLowerCase()}}}.`,
    ),
    ...[...used]
      .filter(isUnknown)
      .map((name) => `The text has {{${name}}}, and ${stands}${declared.length === 0 ? ' for something' : ''}.`),
    ...declared
      .filter((name) => !used.has(name))
      .map((name) => `The text has no {{${name}}}: put the input where it belongs, or leave it out.`),
    // Whatever a person says has to reach the agent, also where they need not say anything.
    ...(used.has('goal') ? [] : ['The text has no {{goal}}: put it where that belongs which a person says.']),
  ];
};

/** The goal that the agent gets. `said` is what a person said; what looks like a placeholder in it, or in an input, is text. */
export const renderGoal = (
  { template }: Pick<Recipe, 'template'>,
  said: string,
  inputs: readonly Pick<InputValue, 'name' | 'text'>[] = [],
): string => {
  const texts = new Map([...inputs.map(({ name, text }) => [name, text] as const), ['goal', said.trim()]]);
  // What is empty goes first, with the empty lines that it leaves: those of a text that is put in stay.
  const left = template.replace(placeholder, (whole, name: string) => (texts.get(name) === '' ? '' : whole));
  const tidy = left === template ? template : left.replace(/\n{3,}/g, '\n\n');
  return tidy.replace(placeholder, (whole, name: string) => texts.get(name) ?? whole).trim();
};

/** Denies the tools that a recipe leaves out, in a policy of whomever; null: it leaves out none. */
export const toolsRule = ({ title, tools }: Pick<Recipe, 'title' | 'tools'>): PolicyRule | null => {
  const denied = ToolName.options.filter((tool) => tools !== null && !tools.includes(tool));
  if (tools === null || denied.length === 0) return null;
  return {
    id: 'recipe-tools',
    verdict: 'deny',
    reason: `The recipe "${title}" does without it.`,
    tool: denied,
    examples: { matches: denied.map((tool) => ({ tool })), not: tools.map((tool) => ({ tool })) },
  };
};

/** Where it is read: with the runner, or in the repository's `.longhaul/recipes` on its default branch. */
export type RecipeOrigin = 'built-in' | 'repository';

/** A recipe in a list. `problem`: why it cannot be used, and what to do about it. */
export type ListedRecipe = {
  readonly name: string;
  readonly origin: RecipeOrigin;
  /** It stands in the place of a built-in one of the same name. */
  readonly replaces: boolean;
} & (
  | {
      readonly problem: null;
      readonly title: string;
      readonly description: string;
      readonly needsGoal: boolean;
      readonly inputs: readonly RecipeInput[];
      readonly defaults: RecipeDefaults;
    }
  | { readonly problem: string }
);

/** What it says of a task besides the goal. Null, or left out of the budget: as the repository and the runner say. */
export interface RecipeDefaults {
  readonly output: WantedOutput;
  readonly tools: readonly ToolName[] | null;
  readonly setup: readonly PlannedCommand[] | null;
  readonly verification: readonly PlannedCommand[] | null;
  readonly budget: { readonly [Name in keyof Budget]?: Budget[Name] | undefined };
  /** How many rules it adds to the policy. */
  readonly rules: number;
  readonly model: string | null;
  readonly decisionHours: number | null;
  readonly priority: number;
}

export const recipeDefaults = (recipe: Recipe): RecipeDefaults => ({
  output: recipe.output,
  tools: recipe.tools,
  setup: recipe.setup,
  verification: recipe.verification,
  budget: recipe.budget,
  rules: recipe.policy.rules.length + (toolsRule(recipe) === null ? 0 : 1),
  model: recipe.model,
  decisionHours: recipe.decisionHours,
  priority: recipe.priority,
});
