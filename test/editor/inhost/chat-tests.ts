import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { Test } from './tests.ts';
import { cleanTree, longhaul, reviewing, settled } from './world.ts';

const invoke = async (input: object): Promise<string> => {
  const result = await vscode.lm.invokeTool('longhaul_delegate', { input, toolInvocationToken: undefined });
  return result.content.map((part) => (part instanceof vscode.LanguageModelTextPart ? part.value : '')).join('');
};

export const chatTests = {
  'a chat model delegates through the tool, and its words are checked': async () => {
    cleanTree();
    const { runs } = await longhaul();
    const tool = vscode.lm.tools.find(({ name }) => name === 'longhaul_delegate');
    assert.deepEqual(tool?.inputSchema && 'required' in tool.inputSchema ? tool.inputSchema.required : null, ['goal']);
    assert.match(await invoke({ goal: '   ' }), /^Nothing was delegated/);
    const known = runs.all().length;
    const answer = await invoke({ goal: '[line] Say sums', verification: 'test -e README.md' });
    const id = /\((run_[a-z0-9]+)\)/.exec(answer)?.[1] ?? '';
    const run = await settled(id, reviewing);
    assert.equal(runs.all().length, known + 1);
    assert.deepEqual(
      run.task.verification.map(({ command }) => command),
      ['test -e README.md'],
    );
  },
} satisfies Record<string, Test>;
