import { expect, test } from 'vitest';
import { readInputs, type GivenInputs, type RecipeInput } from './inputs.ts';
import { parseRecipe, renderGoal } from './recipe.ts';

const recipeOf = (inputs: unknown, template: string) =>
  parseRecipe({ title: 'Raise', goal: 'optional', inputs }, template);
const all = {
  package: { type: 'string', description: 'Name of the package', maxLength: 10 },
  major: { type: 'number', default: 2 },
  dev: { type: 'boolean', required: false },
  how: { type: 'choice', choices: ['small', 'whole'], default: 'small' },
};
const template = 'Raise {{package}} to {{ major }}. {{dev}} {{how}}\n\n{{goal}}\n\nThe end.';

const inputs = (): readonly RecipeInput[] => {
  const parsed = recipeOf(all, template);
  if (parsed.outcome === 'refused') throw new Error(parsed.faults.join(' '));
  return parsed.recipe.inputs;
};
const read = (given: GivenInputs) => readInputs(inputs(), given);
const valuesOf = (given: GivenInputs) => {
  const found = read(given);
  return found.outcome === 'ok' ? found.values : [];
};

test('inputs stand where their names do, defaults where nobody says any, and what is not said is nothing', () => {
  const values = valuesOf({ package: 'lodash' });
  expect(renderGoal({ template }, 'Now.', values)).toBe('Raise lodash to 2.  small\n\nNow.\n\nThe end.');
  expect(renderGoal({ template: '{{goal}}' }, 'a\n\n\n\n{{package}}', values)).toBe('a\n\n\n\n{{package}}');
});

test('an input is text, whatever looks like a place in it', () => {
  const text = '{{goal}} $& $1';
  expect(renderGoal({ template: 'a {{package}} b {{goal}}' }, '{{package}}', [{ name: 'package', text }])).toBe(
    'a {{goal}} $& $1 b {{package}}',
  );
});

test.each<[string, GivenInputs, string]>([
  ['a number as text', { major: '3.5' }, '3.5'],
  ['a number', { major: 3 }, '3'],
  ['yes or no', { dev: true }, 'true'],
  ['the same as text', { dev: 'false' }, 'false'],
  ['one of the choices', { how: 'whole' }, 'whole'],
])('%s is taken', (_name, given, text) => {
  const [name = ''] = Object.keys(given);
  expect(valuesOf({ package: 'lodash', ...given }).find((value) => value.name === name)).toMatchObject({
    text,
    given: true,
  });
});

test.each<[string, GivenInputs, string]>([
  ['that is missing', {}, 'The input package is missing: expected text of up to 10 characters (Name of the package).'],
  ['that is empty', { package: ' \u200B' }, 'expected text of up to 10 characters.'],
  ['that is too long', { package: 'x'.repeat(11) }, 'The input package is "xxxxxxxxxxx": expected text of up to 10'],
  ['that is a number', { package: 7 }, 'The input package is 7: expected text'],
  ['that is no number', { package: 'x', major: '0x10' }, 'The input major is "0x10": expected a number.'],
  ['of a number without an end', { package: 'x', major: Number.POSITIVE_INFINITY }, 'expected a number.'],
  ['that is neither', { package: 'x', dev: 'yes' }, 'The input dev is "yes": expected true or false.'],
  ['that is no choice', { package: 'x', how: 'all' }, 'The input how is "all": expected one of: small, whole.'],
  [
    'that there is not',
    { package: 'x', constructor: 'y' },
    'The recipe has no input constructor. It takes: package, major, dev, how.',
  ],
])('an input %s is refused with its name and what is expected', (_name, given, fault) => {
  expect(read(given)).toEqual({ outcome: 'refused', faults: [expect.stringContaining(fault)] });
});

test.each<[string, unknown, string, string]>([
  [
    'without a type',
    { a: {} },
    '{{a}} {{goal}}',
    'inputs.a.type: expected type with one of string, number, boolean, choice',
  ],
  ['of a name in capitals', { A: { type: 'string' } }, '{{goal}}', 'inputs.A: '],
  ['called goal', { goal: { type: 'string' } }, '{{goal}}', 'inputs.goal: that is what a person says anyway'],
  ['whose default is none', { a: { type: 'number', default: 'x' } }, '{{a}} {{goal}}', 'inputs.a.default: '],
  [
    'whose default is no choice',
    { a: { type: 'choice', choices: ['x'], default: 'y' } },
    '{{a}} {{goal}}',
    'inputs.a.default: expected one of: x',
  ],
  [
    'that is required and has a default',
    { a: { type: 'string', default: 'x', required: true } },
    '{{a}} {{goal}}',
    'inputs.a.default: an input that is required has none',
  ],
  [
    'that stands nowhere',
    { a: { type: 'string' } },
    '{{goal}}',
    'The text has no {{a}}: put the input where it belongs',
  ],
  [
    'whose name stands with a capital',
    { area: { type: 'string' } },
    '{{area}} {{Area}} {{goal}}',
    'The text has {{Area}}, which is text: names are in lower case, {{area}}.',
  ],
  [
    'that is not declared',
    { a: { type: 'string' } },
    '{{a}} {{b}} {{goal}}',
    'The text has {{b}}, and only these stand: {{goal}}, {{a}}',
  ],
])('a recipe with an input %s is refused', (...[, declared, text, fault]) => {
  const faults = [expect.stringContaining(fault)];
  expect(recipeOf(declared, text)).toEqual({ outcome: 'refused', faults });
});
