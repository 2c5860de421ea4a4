import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { defaultPolicy } from '../../shared/policy/default.ts';
import { globMatches } from '../../shared/policy/glob.ts';
import type { Policy } from '../../shared/policy/policy.ts';
import { openDecisions, type RunState } from '../../shared/run/state.ts';
import { parseCall } from '../../shared/policy/call.ts';
import { calls, scripted } from '../fakes/openai/index.ts';
import { gitIn, repositoryWith } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';
import { bash, pathAttacks as attacks } from '../suites/path-attacks.ts';

const script = scripted([...attacks.flatMap(({ steps }) => steps), calls('finish', { summary: 'Done.', claims: [] })]);
// It allows more than the default, so that an approver's stands in the place of that.
const open: Policy = { rules: [], otherwise: { reads: 'allow', changes: 'allow', network: 'allow' } };

const repositoryUnderAttack = async (): Promise<string> => {
  const files = {
    '.github/workflows/ci.yml': 'on: x\n',
    '.github/workflows/old.yml': 'on: y\n',
    CODEOWNERS: '* @ada\n',
  };
  const repository = await repositoryWith(files);
  symlinkSync('.github', path.join(repository, 'gh'));
  gitIn(repository, 'add', '--all');
  gitIn(repository, 'commit', '--quiet', '--message=Link');
  return repository;
};

/** Runs all of it and rejects whatever is asked; gives what was asked and what the result has. */
const attacked = async (
  policy: Policy,
): Promise<{ readonly asked: string[]; readonly left: string[]; readonly marked: string[] }> => {
  await using rig = await Rig.start({ script });
  const { id } = await rig.delegate({
    goal: 'Change it.',
    verification: [],
    policy,
    repository: await repositoryUnderAttack(),
  });
  const asked: string[] = [];
  const seen = new Set<string>();
  const next = (state: RunState): boolean =>
    state.status === 'reviewing' ||
    state.status === 'failed' ||
    openDecisions(state).some(({ request }) => !seen.has(request.id));
  for (;;) {
    const state = await rig.settled(id, next);
    const [decision] = openDecisions(state);
    if (decision === undefined) break;
    const { request } = decision;
    seen.add(request.id);
    asked.push(request.action);
    await rig.api.decisions.decide.mutate({
      run: id,
      decision: request.id,
      hash: request.hash,
      verdict: { kind: 'rejected', reason: 'No.' },
    });
  }
  const { changes, cautions } = await rig.api.runs.diff.query({ run: id });
  const how = { kind: 'worktree', dryRun: true, accepted: null, patch: null } as const;
  expect((await rig.api.runs.applyChanges.mutate({ run: id, how })).cautions).toEqual(cautions);
  const shown = [
    await rig.cli(['diff', '1', '--stat']),
    await rig.cli(['show', '1']),
    await rig.cli(['apply', '1', '--dry-run']),
  ];
  for (const { path: file } of cautions) for (const { stdout } of shown) expect(stdout).toContain(`! ${file}\n`);
  return {
    asked,
    left: changes.files.map(({ before, after }) => after?.path ?? before?.path ?? ''),
    marked: cautions.map(({ path: file }) => file),
  };
};

/** Policy as it was when it read the text of a call, in the very case that it was written in, and nothing of what a command does. */
const askedByText = (tool: string, args: unknown): boolean => {
  const parsed = parseCall(tool, args);
  if (parsed.outcome === 'invalid') throw new Error(parsed.message);
  const { paths } = parsed.call;
  return defaultPolicy.rules.some(
    ({ path: glob }) => glob !== undefined && paths.some((each) => globMatches(glob, each)),
  );
};

describe('ways to what policy protects', () => {
  test.each(attacks)('$name: nobody is asked where policy goes by the text of a call', ({ steps }) => {
    const made = steps.flatMap(({ parts }) => parts.filter((part) => part.kind === 'call'));
    expect(made.map(({ name, arguments: text }) => askedByText(name, JSON.parse(text)))).toEqual(made.map(() => false));
    // The same reading of a call that hides nothing.
    expect(askedByText('write', { path: '.github/workflows/a.yml', content: '' })).toBe(true);
  });

  test('are all asked about, and leave nothing where a person says no', async () => {
    const { asked, left } = await attacked(defaultPolicy);
    expect(asked).toEqual(attacks.map(({ asked: about }) => expect.stringContaining(about)));
    // A copy of what is there, and an ordinary folder where the link would have been.
    expect(left).toEqual(['copy.txt', 'w/b.yml']);
  });

  test('are not seen in what setup has written', async () => {
    const touch = bash('echo x >made.txt');
    await using rig = await Rig.start({
      script: scripted([touch, calls('finish', { summary: 'Done.', claims: [] })]),
    });
    const setup = [{ command: 'mkdir .vscode; echo {} >.vscode/settings.json', network: [], timeoutSeconds: 20 }];
    const { id } = await rig.delegate({
      goal: 'Make it.',
      setup,
      verification: [],
      policy: defaultPolicy,
      repository: await repositoryUnderAttack(),
    });
    const { status } = await rig.settled(
      id,
      (state) => state.status === 'reviewing' || openDecisions(state).length > 0,
    );
    expect(status).toBe('reviewing');
  });

  test('lead there where policy has no rule, and are marked for whoever reviews and applies it', async () => {
    const { asked, left, marked } = await attacked(open);
    expect(asked).toEqual([]);
    expect(left).toEqual(expect.arrayContaining(attacks.map(({ left: file }) => file)));
    // A reviewer is told of all but a file beside the workflows, which is one for policy alone.
    const told = attacks.map(({ left: file }) => file).filter((file) => !/^\.GitHub\/[ac]\.yml$/i.test(file));
    expect(marked).toEqual(expect.arrayContaining(told));
  });
});
