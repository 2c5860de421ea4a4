import { createHash } from 'node:crypto';
import { execFileSync, type StdioOptions } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openRemotes } from '../../runner/control/remotes/remotes.ts';
import { checkTree } from '../../runner/machine/git/bundle.ts';
import { createFixture, treeBomb } from '../../runner/machine/git/fixture.ts';
import { settingsAt, settingsOfFolder } from '../../runner/machine/repository/settings.ts';
import { bash, finish, rig, type Rig, type Wish } from '../../runner/worker/run/fixture.ts';
import { seccompFilter } from '../../runner/sandbox/seccomp.ts';
import { mayReach } from '../../runner/sandbox/egress/rules.ts';
import { decisionSubject, type DecisionRequest } from '../../shared/decision/decision.ts';
import { defaultPolicy } from '../../shared/policy/default.ts';
import { judge } from '../../shared/policy/evaluate.ts';
import type { Policy } from '../../shared/policy/policy.ts';
import { parseRepositoryConfig } from '../../shared/recipe/repository-config.ts';
import { termsOf, type Terms, type TermSources } from '../../shared/recipe/terms.ts';
import { defaultBudget } from '../../shared/run/budget.ts';
import { openDecisions, type RunState } from '../../shared/run/state.ts';
import { MemoryLog } from '../fakes/memory-log.ts';
import { rawCalls } from '../suites/sandbox-attacks.ts';
import { preparedTree } from '../fakes/prepared-tree.ts';

/** What somebody wants who means harm, and whether they get it, with a defence of ours or without. */
interface Attempt {
  /** Of the issue that named it. */
  readonly point: string;
  readonly wants: string;
  /** How the defence is switched off, in this test alone. */
  readonly off: string;
  readonly succeeds: (defended: boolean) => Promise<boolean>;
}

const asksAbout = (command: string) => ({
  policy: {
    rules: [
      {
        id: 'named',
        verdict: 'ask' as const,
        reason: 'It is named.',
        command,
        examples: { matches: [{ tool: 'bash' as const, command }], not: [] },
      },
    ],
    otherwise: { reads: 'allow' as const, changes: 'allow' as const, network: 'allow' as const },
    limits: [],
  },
});

const requestOf = ({ log }: Rig): DecisionRequest => openDecisions(log.state)[0]!.request;
const approve = ({ log }: Rig, { id: decision }: DecisionRequest, hash: string) =>
  log.command({ kind: 'decide', by: 'person:ada', decision, hash, verdict: { kind: 'approved', arguments: null } });
const hashOf = (run: string, request: DecisionRequest): string =>
  createHash('sha256').update(decisionSubject(run, request)).digest('hex');

const harmful: readonly Wish[] = [
  ['write', { path: 'deploy.sh', content: 'echo harm > harmed.txt\n' }],
  bash('sh deploy.sh'),
];

const approvals: readonly Attempt[] = [
  {
    point: 'A2',
    wants: 'an approval that was given while the script was harmless to be good for what is in it now',
    off: 'the tree is left out of what is compared',
    succeeds: async (defended) => {
      await using running = await rig([harmful, [finish('call_0_1')]], asksAbout('sh deploy.sh'));
      await running.activate();
      const request = requestOf(running);
      const seen = { ...request, tree: preparedTree(running.log.state).base.tree };
      const compared = (what: DecisionRequest) => hashOf(running.log.run, defended ? what : { ...what, tree: null });
      // Whoever finds them the same takes the one for the other.
      const isSame = compared(seen) === compared(request);
      const answer = approve(running, request, isSame ? request.hash : compared(seen));
      if (answer.outcome === 'done') await running.activate();
      return 'harmed.txt' in (await running.workspace.read());
    },
  },
  {
    point: 'A6',
    wants: 'a call that was approved once to run once for each time that its worker is killed',
    off: 'the question is answered by nobody, as if it had not been put',
    succeeds: async (defended) => {
      await using running = await rig([[bash('rm a.txt')], [finish('call_0_0')]], asksAbout('rm'));
      await running.activate();
      approve(running, requestOf(running), requestOf(running).hash);
      for (let attempt = 0; attempt < 3; attempt += 1) {
        const { activation } = running.log;
        if (activation === null) break;
        const killed = running.activate((log) => ({
          ...log,
          append: (input) =>
            input.events.some(({ type }) => type === 'call.finished')
              ? Promise.reject(new Error('killed'))
              : log.append(input),
        }));
        const died = await killed.then(
          () => false,
          () => true,
        );
        if (died) running.log.command({ kind: 'lose', activation, reason: 'killed' });
        const [again] = openDecisions(running.log.state);
        if (!defended && again !== undefined) approve(running, again.request, again.request.hash);
      }
      const starts = running.log.events.filter(({ body }) => body.type === 'call.started');
      return starts.length > 1;
    },
  },
];

const unheard: Attempt = {
  point: 'A8',
  wants: 'a result to go to review past a message that came while it was verified',
  off: 'the control plane forgets that a message has not been heard',
  succeeds: async (defended) => {
    const turns = [
      [bash('echo two >> a.txt')],
      [finish('call_0_0')],
      [bash('echo three >> a.txt')],
      [finish('call_2_0')],
    ];
    await using running = await rig(turns, { verification: [{ command: 'true', network: [], timeoutSeconds: 10 }] });
    const { log } = running;
    if (!defended) {
      const known = (): RunState => Reflect.get(MemoryLog.prototype, 'state', log);
      Object.defineProperty(log, 'state', { get: () => ({ ...known(), unheard: 0 }) });
    }
    let sent = false;
    await running.activate((plain) => ({
      ...plain,
      append: (input) => {
        if (!sent && input.events.some(({ type }) => type === 'round.finished')) {
          sent = true;
          log.command({ kind: 'message', by: 'person:ada', text: 'Add three, too.' });
        }
        return plain.append(input);
      },
    }));
    return log.state.status === 'reviewing' && !running.asked.some((asked) => asked.includes('Add three, too.'));
  },
};

/** A repository whose pull request has settings of its own, as a review job has it: cloned for that branch alone. */
const settingsIn = async (read: (folder: string) => Promise<string | null>): Promise<boolean> => {
  await using fixture = await createFixture();
  await fixture.commit('First');
  await fixture.git('checkout', '-q', '-b', 'pull');
  fixture.write('.longhaul/config.yaml', 'egress: [evil.example.org]\n');
  await fixture.commit('Let me out');
  await fixture.git('checkout', '-q', 'main');
  const here = path.join(fixture.folder, 'here');
  await fixture.git('clone', '-q', '--single-branch', '--branch', 'pull', fixture.repo, here);
  return (await read(here))?.includes('evil.example.org') ?? false;
};

const everything: Policy = { rules: [], otherwise: { reads: 'allow', changes: 'allow', network: 'allow' } };
const layer = { setup: [], verification: [], setupReads: [], model: null, decisionHours: null, priority: 0 };
const capped = { policy: { rules: [], otherwise: {} }, maxBudget: { usd: 50 } };
const delegated = (defended: boolean, operators: TermSources['runner']['operators'] = []): Terms => {
  const sources: TermSources = {
    runner: { policy: defaultPolicy, budget: { ...defaultBudget, usd: 5 }, decisionHours: 72, operators },
    repository: { ...layer, policy: { rules: [], otherwise: { changes: 'ask' } }, budget: { usd: 5 } },
    recipe: null,
    own: { ...layer, policy: everything, budget: { usd: 5000 }, setup: null, verification: null, priority: null },
    by: { actor: 'person:eve', approves: !defended },
  };
  return termsOf(sources);
};

const grants: readonly Attempt[] = [
  {
    point: 'A3',
    wants: 'the settings of a pull request to be those of its repository',
    off: 'settings are read from what is checked out',
    succeeds: (defended) =>
      settingsIn(async (folder) => {
        const read = defended
          ? (await settingsOfFolder(folder)).settings
          : await settingsAt({ as: 'user', folder }, 'HEAD', 'HEAD');
        return read?.files[0]?.text ?? null;
      }),
  },
  {
    point: 'A3',
    wants: 'a setup that may reach half the internet',
    off: 'the hosts of a setup are taken as they are written',
    succeeds: async (defended) => {
      const network = ['*.com'];
      const parsed = parseRepositoryConfig({ setup: [{ run: 'npm ci', network }] });
      const hosts = defended && parsed.outcome === 'refused' ? [] : network;
      return mayReach({ host: 'evil.com', port: 443 }, hosts);
    },
  },
  {
    point: 'A4',
    wants: 'to delegate with a policy that allows what the repository asks about',
    off: "the delegation's policy stands in the place of all others, as an approver's does",
    succeeds: async (defended) =>
      judge(delegated(defended).policy, { tool: 'write', command: null, paths: ['a.txt'], network: [] }).verdict ===
      'allow',
  },
  {
    point: 'A4',
    wants: 'to delegate with a budget above the one that others set',
    off: "the delegation's budget stands in the place of all others, as an approver's does",
    succeeds: async (defended) => delegated(defended).budget.usd === 5000,
  },
  {
    point: 'A4',
    wants: 'to go above the budget of the operator, as somebody who may approve',
    off: 'operators say nothing of it',
    succeeds: async (defended) => delegated(false, defended ? [capped] : []).budget.usd === 5000,
  },
];

const team = 'https://git.example.org/team/*';
const others = 'https://git.example.org/team/..%2fothers/project.git';

const limits: readonly Attempt[] = [
  {
    point: 'C',
    wants: 'git to list millions of files that a bundle of some hundred bytes names',
    off: 'a tree has no limit',
    succeeds: async (defended) => {
      await using fixture = await createFixture();
      const commit = await treeBomb(fixture, 5);
      const bounds = { entries: defended ? 50_000 : Infinity, pathBytes: Infinity, longestPath: 4095 };
      const repository = { gitDirectory: path.join(fixture.repo, '.git') };
      return await checkTree(repository, { commit, maxTreeBytes: Infinity }, bounds).then(
        () => true,
        () => false,
      );
    },
  },
  {
    point: 'C',
    wants: "another team's repository by a path that some servers decode",
    off: 'URLs are compared as they are written',
    succeeds: async (defended) => {
      const remote = { match: team, username: 'x', passwordVariable: null, github: null, gitlab: null, publish: false };
      const url = defended ? openRemotes([remote], {}).allowed(others)?.url : others;
      const isTeams = url?.startsWith(team.slice(0, -1)) ?? false;
      return isTeams && new URL(decodeURIComponent(url!)).pathname === '/others/project.git';
    },
  },
  {
    point: 'C',
    wants: 'a system call that opens kernels',
    off: 'bubblewrap alone, without the filter',
    succeeds: async (defended) => {
      const folder = await mkdtemp(path.join(tmpdir(), 'filter-'));
      const file = path.join(folder, 'seccomp.bpf');
      await writeFile(file, seccompFilter(process.arch === 'arm64' ? 'arm64' : 'x64'));
      const words =
        '--unshare-all --die-with-parent --cap-drop ALL --uid 1000 --gid 1000 --ro-bind / / --dev /dev --proc /proc';
      const list = [...words.split(' '), ...(defended ? ['--seccomp', '3'] : []), 'bash', '-c', rawCalls()];
      const as = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
      const descriptor = openSync(file, 'r');
      const stdio: StdioOptions = ['ignore', 'pipe', 'inherit', descriptor];
      const said = execFileSync('bwrap', list, { cwd: '/', stdio, ...as }).toString();
      closeSync(descriptor);
      await rm(folder, { recursive: true });
      return said.includes('BREACHED');
    },
  },
];

describe.each([...approvals, unheard, ...grants, ...limits])('$point: who wants $wants', ({ off, succeeds }) => {
  test('does not get it', async () => {
    expect(await succeeds(true)).toBe(false);
  });

  test(`gets it where ${off}`, async () => {
    expect(await succeeds(false)).toBe(true);
  });
});
