import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import demoModel from '../../scripts/demo-model.ts';
import { repositoryWith } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';

describe('before a run begins, from the command line', () => {
  test('what would hold is told, tests that nobody named are offered, and a changed file can be left out', async () => {
    await using rig = await Rig.start({ script: demoModel });
    const repository = await repositoryWith({
      'web/package.json': '{"scripts": {"test": "node --test"}}',
      'notes.txt': 'before\n',
    });
    await writeFile(path.join(repository, 'notes.txt'), 'not for agents\n');
    await writeFile(path.join(repository, 'web', 'new.js'), 'export {};\n');
    const web = { cwd: path.join(repository, 'web') };
    const { stdout, stderr } = await rig.cli(['delegate', 'Do it', '--preview', '--budget', 'turns=5'], web);
    expect({ stdout, stderr }).toMatchObject({
      stdout: expect.stringMatching(
        /^result +a diff: what it changes in the files\nsettings +none: the repository has no \.longhaul\/config\.yaml\nmodel +scripted, price not known \(built in\)\nbudget +5 turns \(yours\); /,
      ),
    });
    expect((await rig.api.runs.list.query({})).runs).toEqual([]);
    const delegated = await rig.cli(['delegate', 'Do it', '--without', '../notes.txt', '--json'], web);
    expect(delegated.stderr).toContain("No verification. web/package.json has tests: add --verify 'npm test'");
    expect(JSON.parse(delegated.stdout)).toMatchObject({
      notes: [
        'Left out at delegation, so as in the last commit: notes.txt.',
        'Delegated from the folder web; the agent begins at the root of the repository.',
      ],
    });
    const none = await rig.cli(['delegate', 'Do it', '--without', 'note.txt'], { cwd: repository });
    expect(none.code).not.toBe(0);
    expect(none.stderr).toMatch(/Nothing that is not committed lies at ".*note.txt"/);
    const nowhere = await rig.cli(['delegate', 'Do it', '--preview', '--repo', rig.home]);
    expect(nowhere).toMatchObject({ code: 2, stderr: expect.stringContaining('is not in a git repository') });
  });

  test('a repository that says that nothing verifies it is offered nothing', async () => {
    await using rig = await Rig.start({ script: demoModel });
    const repository = await repositoryWith({
      'package.json': '{"scripts": {"test": "node --test"}}',
      '.longhaul/config.yaml': 'verification: []\n',
    });
    const delegated = await rig.cli(['delegate', 'Do it'], { cwd: repository });
    expect({ code: delegated.code, stderr: delegated.stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('digits that are no number of a run name none, and deleting wants to know exactly which one', async () => {
    await using rig = await Rig.start({ script: demoModel });
    for (const name of ['0', '007', 'latest', 'r', 'run_a'])
      expect(await rig.cli(['delete', name, '--yes'])).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/is no run|does not say well enough which run/),
      });
  });
});
