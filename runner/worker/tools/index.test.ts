import { expect, test } from 'vitest';
import { defaultPolicy } from '../../../shared/policy/default.ts';
import { toolsRule } from '../../../shared/recipe/recipe.ts';
import { ToolName } from '../../../shared/tool/arguments.ts';
import { openTree } from './fixture.ts';
import { tools, toolSpecs } from './index.ts';

/** Every object schema within a value. */
const objects = (value: unknown): readonly Record<string, unknown>[] => {
  if (typeof value !== 'object' || value === null) return [];
  const found = Object.values(value).flatMap(objects);
  return 'type' in value && value.type === 'object' ? [{ ...value }, ...found] : found;
};

test('every tool has a schema that strict function calling takes', () => {
  const specs = toolSpecs(defaultPolicy);
  expect(specs.map((spec) => spec.name)).toEqual(ToolName.options);
  for (const spec of specs)
    for (const schema of objects(spec.parameters))
      expect({ additional: schema['additionalProperties'], required: schema['required'] }).toEqual({
        additional: false,
        required: Object.keys(schema['properties'] as object),
      });
  expect(JSON.stringify(specs)).not.toMatch(
    /\$schema|"(?:pattern|minLength|maxLength|minimum|maximum|minItems|maxItems|default)":(?!\{)/,
  );
});

test('a model is not told of the tools that its recipe does without', () => {
  const rule = toolsRule({ title: 'Explain', tools: ['read', 'search', 'finish'] });
  const specs = toolSpecs({ ...defaultPolicy, rules: [...defaultPolicy.rules, rule!] });
  expect(specs.map(({ name }) => name)).toEqual(['read', 'search', 'finish']);
});

test('a schema says what may be null and what each argument is', () => {
  expect(toolSpecs(defaultPolicy).find((spec) => spec.name === 'search')?.parameters).toEqual({
    type: 'object',
    additionalProperties: false,
    required: ['pattern', 'path', 'glob'],
    properties: {
      pattern: { type: 'string', description: 'Regular expression (ripgrep syntax)' },
      path: {
        anyOf: [{ type: 'string', description: 'Path relative to the workspace root' }, { type: 'null' }],
        description: 'Folder or file to search; null: everywhere',
      },
      glob: { anyOf: [{ type: 'string' }, { type: 'null' }], description: 'Only files that match, such as *.ts' },
    },
  });
});

test('arguments that nobody checked are a bug', async () => {
  await using tree = await openTree({});
  await expect(tree.run(tools.read, { path: 3 })).rejects.toThrow('path');
});

const done = { outcome: 'ok', full: null, exitCode: null, refusedHosts: [], reachedHosts: [] };

test('a plan is noted', async () => {
  await using tree = await openTree({});
  const steps = [{ text: 'look', status: 'active' }];
  expect(await tree.run(tools.plan, { steps })).toEqual({
    ...done,
    output: 'The plan is noted.',
    record: { plan: steps },
  });
});

const claim = (...calls: string[]) => ({ summary: 's', claims: [{ text: 'it works', calls }] });

test('a report is taken when its claims name calls that ran, also as the output shows them', async () => {
  await using tree = await openTree({}, { finished: { c1: 'bash', c2: 'read' } });
  expect(await tree.run(tools.finish, claim('c1', '[c2]'))).toEqual({
    ...done,
    output: 'The report is submitted.',
    record: { report: claim('c1', 'c2'), output: null },
  });
  expect(await tree.run(tools.finish, { summary: 's', claims: [] })).toMatchObject({ outcome: 'ok' });
});

test('a claim that names no call that ran is refused, with the ids that there are', async () => {
  await using tree = await openTree({}, { finished: { c1: 'bash', c2: 'plan', c3: 'edit' } });
  expect(await tree.run(tools.finish, claim('c1', 'c2', 'call_9'))).toEqual({
    ...done,
    outcome: 'error',
    output:
      'No call that can show anything has the id "c2" or "call_9". Name calls that ran, such as: c1 (bash), c3 (edit).',
  });
  await using nothing = await openTree({});
  expect(await nothing.run(tools.finish, claim('x'))).toEqual({
    ...done,
    outcome: 'error',
    output:
      'No call that can show anything has the id "x". None has run yet: finish without claims, or run what would show them.',
  });
});
