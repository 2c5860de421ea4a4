import { z } from 'zod';
import { cleanLine, isBlank } from '../text/clean.ts';

/** `package`, `test-file`: what stands between braces in a recipe's text. */
export const InputName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,39}$/, 'expected a name in lower case that begins with a letter, such as package');

/** Characters of a text; what an issue says fits. */
const longestInput = 20_000;
const usualLength = 2_000;
const mostInputs = 20;

/** What is given for an input. From a command line all of it is text. */
export const GivenInput = z.union(
  [z.string().max(longestInput), z.number(), z.boolean()],
  `expected a text of up to ${longestInput} characters, a number, true or false`,
);
export type GivenInput = z.infer<typeof GivenInput>;
export const GivenInputs = z.record(InputName, GivenInput);
export type GivenInputs = Readonly<z.infer<typeof GivenInputs>>;

const common = {
  description: z.string().trim().max(300).default(''),
  /** Left out: it is required where it has no default. */
  required: z.boolean().nullable().default(null),
};
const Choice = z.string().trim().min(1).max(200);
/** As it stands in the front matter. */
const Declared = z.discriminatedUnion(
  'type',
  [
    z.strictObject({
      type: z.literal('string'),
      ...common,
      default: z.string().max(longestInput).nullable().default(null),
      maxLength: z.int().min(1).max(longestInput).default(usualLength),
    }),
    z.strictObject({ type: z.literal('number'), ...common, default: z.number().nullable().default(null) }),
    z.strictObject({ type: z.literal('boolean'), ...common, default: z.boolean().nullable().default(null) }),
    z.strictObject({
      type: z.literal('choice'),
      ...common,
      default: Choice.nullable().default(null),
      choices: z.array(Choice).min(1).max(50),
    }),
  ],
  'expected type with one of string, number, boolean, choice',
);

/** What a recipe is to be told besides a goal. */
export type RecipeInput = z.output<typeof Declared> & { readonly name: string; readonly required: boolean };

/** `inputs` of a recipe, in their order. */
export const RecipeInputs = z.record(InputName, Declared).transform((declared, context): readonly RecipeInput[] => {
  const all = Object.entries(declared);
  if (all.length > mostInputs) context.addIssue({ code: 'custom', message: `expected up to ${mostInputs} inputs` });
  return all.map(([name, input]) => {
    const wrong = wrongDefault(input);
    if (name === 'goal')
      context.addIssue({
        code: 'custom',
        path: [name],
        message: 'that is what a person says anyway: call it otherwise',
      });
    if (wrong !== null) context.addIssue({ code: 'custom', path: [name, 'default'], message: wrong });
    return { ...input, name, required: input.required ?? input.default === null };
  });
});

const wrongDefault = (input: z.output<typeof Declared>): string | null => {
  if (input.default === null) return null;
  if (input.required === true) return 'an input that is required has none';
  const read = valueOf({ ...input, name: '', required: false }, input.default);
  return 'expected' in read ? `expected ${read.expected}` : null;
};

/** What is expected of an input, behind "expected". */
export const expectedOf = (input: RecipeInput): string => {
  switch (input.type) {
    case 'string':
      return `text of up to ${input.maxLength} characters`;
    case 'number':
      return 'a number';
    case 'boolean':
      return 'true or false';
    case 'choice':
      return `one of: ${input.choices.join(', ')}`;
  }
};

/** Digits, and no hexadecimal or empty text. */
const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

const valueOf = (input: RecipeInput, given: GivenInput): { readonly text: string } | { readonly expected: string } => {
  const text = String(given).trim();
  const fits = {
    string: () =>
      typeof given === 'string' &&
      input.type === 'string' &&
      text.length <= input.maxLength &&
      !(input.required && isBlank(text)),
    number: () => typeof given !== 'boolean' && decimal.test(text) && Number.isFinite(Number(text)),
    boolean: () => text === 'true' || text === 'false',
    choice: () => input.type === 'choice' && input.choices.includes(text),
  };
  return fits[input.type]() ? { text } : { expected: expectedOf(input) };
};

/** An input with what stands for it in the text. */
export interface InputValue {
  readonly name: string;
  /** Empty: it is not required, and nobody gave it. */
  readonly text: string;
  readonly type: RecipeInput['type'];
  /** Whether somebody gave it; else it is the default. */
  readonly given: boolean;
}

export type ReadInputs =
  | { readonly outcome: 'ok'; readonly values: readonly InputValue[] }
  /** What is wrong, a sentence each. */
  | { readonly outcome: 'refused'; readonly faults: readonly string[] };

/** What a recipe's inputs are with what is given for them, each in the order of the recipe. */
export const readInputs = (inputs: readonly RecipeInput[], given: GivenInputs): ReadInputs => {
  const asked = new Map(Object.entries(given));
  const faults = unknownInputs(inputs, [...asked.keys()]);
  const values: InputValue[] = [];
  for (const input of inputs) {
    const { name, type } = input;
    const said = asked.get(name);
    const read = said === undefined ? null : valueOf(input, said);
    if (read !== null && 'expected' in read)
      faults.push(`The input ${name} is ${shown(said)}: expected ${read.expected}.`);
    else if (read !== null) values.push({ name, type, text: read.text, given: true });
    else if (input.required) faults.push(`The input ${name} is missing: expected ${expectedOf(input)}${about(input)}.`);
    else values.push({ name, type, text: String(input.default ?? ''), given: false });
  }
  return faults.length === 0 ? { outcome: 'ok', values } : { outcome: 'refused', faults };
};

/** A sentence for each name that is none of these inputs. */
export const unknownInputs = (inputs: readonly RecipeInput[], names: readonly string[]): string[] => {
  const known = inputs.map(({ name }) => name);
  const takes = known.length === 0 ? 'It takes none.' : `It takes: ${known.join(', ')}.`;
  return names.filter((name) => !known.includes(name)).map((name) => `The recipe has no input ${name}. ${takes}`);
};

const about = ({ description }: RecipeInput): string => (description === '' ? '' : ` (${description})`);

const shown = (value: GivenInput | undefined): string => {
  if (typeof value !== 'string') return String(value);
  const line = cleanLine(value);
  return line.length > 60 ? `a text of ${value.length} characters` : JSON.stringify(line);
};
