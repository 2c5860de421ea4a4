import { expect, test } from 'vitest';
import { brokenExamples } from '../policy/evaluate.ts';
import { ToolName } from '../tool/arguments.ts';
import { parseRecipe, renderGoal, splitRecipe, toolsRule, type Recipe } from './recipe.ts';

const text = 'Mend it.\n\n{{goal}}\n\nSay what was wrong.';

const recipe = (frontMatter: object, template = text): Recipe => {
  const parsed = parseRecipe({ title: 'Mend', ...frontMatter }, template);
  if (parsed.outcome === 'refused') throw new Error(parsed.faults.join(' '));
  return parsed.recipe;
};

test('a title and a text make a recipe, which leaves the rest to the repository and the runner', () => {
  expect(recipe({})).toEqual({
    title: 'Mend',
    description: '',
    needsGoal: true,
    inputs: [],
    template: text,
    tools: null,
    output: { kind: 'diff' },
    setup: null,
    verification: null,
    policy: { rules: [], otherwise: {} },
    model: null,
    budget: {},
    decisionHours: null,
    priority: 0,
  });
});

test('all that it can say is read', () => {
  const noPublish = {
    id: 'no-publish',
    verdict: 'deny',
    reason: 'Releases are made elsewhere.',
    command: 'npm publish',
    examples: { matches: [{ tool: 'bash', command: 'npm publish' }], not: [{ tool: 'bash', command: 'npm pack' }] },
  };
  expect(
    recipe({
      description: 'Mends what is broken.',
      goal: 'optional',
      tools: ['bash', 'read'],
      setup: [],
      verification: ['npm test', { run: 'npm run lint', network: ['a.example.org'], timeout: 60 }],
      egress: ['packages.example.org'],
      policy: { rules: [noPublish], otherwise: { network: 'deny' } },
      model: 'gpt-5',
      budget: { turns: 20, usd: null },
      decisionHours: 8,
      priority: -10,
    }),
  ).toEqual({
    title: 'Mend',
    description: 'Mends what is broken.',
    needsGoal: false,
    inputs: [],
    template: text,
    tools: ['read', 'bash', 'plan', 'finish'],
    output: { kind: 'diff' },
    setup: [],
    verification: [
      { command: 'npm test', network: [], timeoutSeconds: 600 },
      { command: 'npm run lint', network: ['a.example.org'], timeoutSeconds: 60 },
    ],
    policy: {
      rules: [
        { ...noPublish, id: 'recipe-no-publish' },
        {
          id: 'recipe-egress-1',
          verdict: 'allow',
          reason: 'The recipe lets commands reach packages.example.org.',
          network: 'packages.example.org',
          examples: { matches: [{ tool: 'bash', network: ['packages.example.org'] }], not: [{ tool: 'bash' }] },
        },
      ],
      otherwise: { network: 'deny' },
    },
    model: 'gpt-5',
    budget: { turns: 20, usd: null },
    decisionHours: 8,
    priority: -10,
  });
});

test.each([
  ['nothing', null, ['title: Invalid input: expected string, received undefined.']],
  ['words it does not know', { title: 'x', verify: [] }, ['front matter: Unrecognized key: "verify".']],
  [
    'a tool that there is not',
    { title: 'x', tools: ['shell'] },
    [expect.stringMatching(/^tools\[0\]: Invalid option/)],
  ],
  ['no tools at all', { title: 'x', tools: [] }, ['tools: Too small: expected array to have >=1 items.']],
  ['pushing ahead', { title: 'x', priority: 1 }, ['priority: Too big: expected number to be <=0.']],
  [
    'the whole internet',
    { title: 'x', egress: ['*.org'] },
    ['egress[0]: a wildcard needs at least two names behind it, such as *.example.org.'],
  ],
  [
    'the id of a rule that is made for it',
    {
      title: 'x',
      policy: {
        rules: [
          {
            id: 'tools',
            verdict: 'deny',
            reason: 'No.',
            tool: ['bash'],
            examples: { matches: [{ tool: 'bash' }], not: [] },
          },
        ],
      },
    },
    ['The id tools is that of the rule which "tools" makes.'],
  ],
])('front matter that says %s is refused with a sentence', (_name, frontMatter, faults) => {
  expect(parseRecipe(frontMatter, text)).toEqual({ outcome: 'refused', faults });
});

test.each([
  ['Do it.', ['The text has no {{goal}}: put it where that belongs which a person says.']],
  ['{{goal}} in {{files}} and {{ files }}', ['The text has {{files}}, and only {{goal}} stands for something.']],
])('the text %j is refused with a sentence, whatever the front matter says', (template, faults) => {
  expect(parseRecipe({ title: 'x', goal: 'optional' }, template)).toEqual({ outcome: 'refused', faults });
  expect(parseRecipe({ title: 'x', more: 1 }, template)).toEqual({
    outcome: 'refused',
    faults: ['front matter: Unrecognized key: "more".', ...faults.filter((fault) => fault.includes('has no'))],
  });
});

test.each([
  ['what is said', text, ' the parser\n', 'Mend it.\n\nthe parser\n\nSay what was wrong.'],
  ['nothing', text, '', 'Mend it.\n\nSay what was wrong.'],
  ['patterns of replacement', '{{goal}}', "$& $1 $' {{goal}}", "$& $1 $' {{goal}}"],
  ['it twice', '{{goal}}, I say: {{ goal }}!', 'go', 'go, I say: go!'],
  ['empty lines of its own', '{{goal}}', 'a\n\n\n\nb', 'a\n\n\n\nb'],
  ['expressions of workflows', '{{goal}} with ${{ matrix }} and {{ a.b }}', 'x', 'x with ${{ matrix }} and {{ a.b }}'],
])('a goal of %s is put in as it is', (...[, template, said, goal]) => {
  expect(renderGoal(recipe({}, template), said)).toBe(goal);
});

test.each([
  ['---\ntitle: x\n---\nDo {{goal}}\n', { frontMatter: 'title: x\n', template: 'Do {{goal}}' }],
  ['\uFEFF---\r\ntitle: x\r\n---\r\n\r\na\r\n---\r\nb', { frontMatter: 'title: x\r\n', template: 'a\r\n---\r\nb' }],
  ['---\n---\n', { frontMatter: '', template: '' }],
  ['---\ntitle: x\n---', { frontMatter: 'title: x\n', template: '' }],
  ['---\ntitle: x\n', null],
  ['# Title\n---\ntitle: x\n---\n', null],
  ['', null],
])('%j is split into front matter and text', (file, parts) => {
  expect(splitRecipe(file)).toEqual(parts);
});

test('tools that a recipe leaves out are denied by one rule, whose examples hold', () => {
  const rule = toolsRule(recipe({ tools: ['read', 'search', 'list'] }));
  expect(rule).toMatchObject({ verdict: 'deny', tool: ['edit', 'write', 'bash', 'apply_patch', 'ask'] });
  expect(brokenExamples({ rules: [rule!], otherwise: { reads: 'allow', changes: 'allow', network: 'ask' } })).toEqual(
    [],
  );
  expect(toolsRule(recipe({}))).toBeNull();
  expect(toolsRule(recipe({ tools: ToolName.options }))).toBeNull();
});

test('a recipe whose result is said changes no files, and runs nothing to show that it is right', () => {
  const said = recipe({ output: { labels: ['bug', 'docs'], most: 1 } });
  expect(said).toMatchObject({
    output: { kind: 'labels', allowed: ['bug', 'docs'], most: 1 },
    tools: ['read', 'search', 'list', 'plan', 'ask', 'finish'],
    setup: [],
    verification: [],
  });
  expect(recipe({ output: 'report', tools: ['read', 'bash'] })).toMatchObject({
    output: { kind: 'report' },
    tools: ['read', 'bash', 'plan', 'finish'],
    setup: null,
    verification: [],
  });
});

test.each<[string, unknown, string]>([
  ['that is none', 'essay', 'output: expected diff, report,'],
  ['without labels', { labels: [] }, 'output.labels: expected a label at least.'],
  ['of no labels', { labels: ['bug'], most: 0 }, 'output.most: Too small'],
  ['of a label that is too long', { labels: ['x'.repeat(51)] }, 'output.labels[0]: expected a label of up to 50'],
  ['of an empty label', { labels: ['bug', ' '] }, 'output.labels[1]: expected the name of a label, which is not empty'],
  ['of a label that nobody sees', { labels: ['\u200B'] }, 'output.labels[0]: expected the name of a label that can'],
  ['of two in one', { labels: ['bug, docs'] }, 'output.labels[0]: expected the name of one label, without a comma'],
  ['of a label over two lines', { labels: ['a\nb'] }, 'output.labels[0]: expected the name of one label'],
  ['of a number', { labels: [1] }, 'output.labels[0]: expected the name of a label; put it in quotes'],
  ['of one label twice', { labels: ['bug', 'Bug'] }, 'output.labels[1]: "Bug" is there already'],
  ['of too many', { labels: Array.from({ length: 101 }, (_, at) => `l${at}`) }, 'output.labels: expected up to 100'],
])('an output %s is refused with what is expected', (_name, output, fault) => {
  const faults = [expect.stringContaining(fault)];
  expect(parseRecipe({ title: 'x', output }, text)).toEqual({ outcome: 'refused', faults });
});
