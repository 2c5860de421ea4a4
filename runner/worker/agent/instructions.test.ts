import { expect, test } from 'vitest';
import { toolsRule } from '../../../shared/recipe/recipe.ts';
import { ToolName } from '../../../shared/tool/arguments.ts';
import { someTask } from './fixture.ts';
import { instructions } from './instructions.ts';

test('the agent is told which commands decide about its result', () => {
  expect(instructions(someTask)).toContain(
    'run them before you finish, as far as they work without network:\n- npm test',
  );
  expect(instructions({ ...someTask, verification: [] })).toContain('There are no verification commands for this run');
});

test('the agent is told what policy says to network access', () => {
  expect(instructions(someTask)).toContain('a person then decides');
  const policy = { ...someTask.policy, otherwise: { ...someTask.policy.otherwise, network: 'deny' as const } };
  expect(instructions({ ...someTask, policy })).toContain('the policy of this run denies them');
});

test('the agent is told which tools it has, where it has not all of them', () => {
  expect(instructions(someTask)).not.toContain('there are only');
  const rule = toolsRule({ title: 'Explain', tools: ['read', 'finish'] });
  const policy = { ...someTask.policy, rules: [rule!] };
  const text = instructions({ ...someTask, policy, verification: [] });
  expect(text).toContain('In this run there are only: read, finish.');
  expect(text).toMatch(/There are no verification commands for this run\.$/);
});

test('nothing of the host is in the instructions, and tools are called by their names', () => {
  const text = instructions(someTask);
  expect(text).not.toMatch(/\/home\/|\.longhaul\//);
  for (const name of ['read', 'list', 'search', 'edit', 'write', 'apply_patch', 'plan', 'ask', 'finish']) {
    expect(ToolName.options).toContain(name);
    expect(text).toContain(name);
  }
});
