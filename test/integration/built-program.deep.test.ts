import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { everyCommand } from '../../runner/cli/program/program.ts';
import { defaultPolicy } from '../../shared/policy/default.ts';
import { calls, scripted, type Asked } from '../fakes/openai/index.ts';
import { pixel } from '../suites/model.ts';
import { Installed } from '../harness/installed.ts';
import { gitIn, repositoryWith } from '../harness/repository.ts';

/** Words in braces are made for the case that names them: see `made`. */
interface Case {
  readonly args: string;
  readonly code: number;
  /** In what it prints, wherever. */
  readonly says: RegExp;
  readonly input?: string;
  /** Stops it once it has said its first. */
  readonly stops?: true;
  /** Changes nothing of what it names: all that only look may look at the same. */
  readonly looks?: true;
}

const run = /Run \d+ is \w+/;
const inJson = /^\{.*\}\n$/s;
const cases: Readonly<Record<string, readonly Case[]>> = {
  delegate: [
    { args: 'delegate Greet --repo {repo} --base head --verify true --title Greeting', code: 0, says: run },
    { args: 'delegate Greet --repo {repo} --setup true --network allowed.example.org', code: 0, says: run },
    {
      args: 'delegate --file {goal} --repo {repo} --budget turns=9,usd=1 --priority 3',
      code: 0,
      says: /The price of scripted at this endpoint is not known: .* the budget of US\$ 1 does not hold\./,
    },
    { args: 'delegate Greet --repo {repo} --policy {policy} --model scripted', code: 0, says: run },
    {
      args: 'delegate Greet --repo {repo} --recipe update-docs --decision-hours 5 --trust-settings',
      code: 0,
      says: run,
    },
    {
      args: 'delegate Greet --repo {repo} --about acme/shop#12',
      code: 1,
      says: /is no repository of GitHub’s or GitLab’s to this runner/,
    },
    { args: 'delegate Greet --repo {repo} --about twelve', code: 2, says: /names no issue and no pull request/ },
    { args: 'delegate Greet --repo {opening}', code: 1, says: /--trust [0-9a-f]{64}/ },
    { args: 'delegate Greet --repo {opening} --trust {hash}', code: 0, says: run },
    { args: 'delegate Greet --remote file://{repo} --ref main --dedupe once', code: 0, says: run },
    { args: 'delegate Greet --repo {repo} --watch', code: 3, says: /is ready for review|longhaul accept/ },
    { args: 'delegate --from-json --json', code: 0, says: inJson, input: '{"goal":"Greet","repository":"{repo}"}' },
    {
      args: 'delegate Greet --from-json',
      code: 2,
      says: /takes all from stdin, and there is a goal beside it/,
      input: '{"goal":"Greet","repository":"{repo}"}',
    },
    {
      args: 'delegate --from-json --decision-hours 3',
      code: 2,
      says: /there is --decision-hours beside it/,
      input: '{"goal":"Greet","repository":"{repo}"}',
    },
    { args: 'delegate - --repo {repo}', code: 0, says: run, input: 'Greet' },
    { args: 'delegate Greet --repo {repo} --input package', code: 2, says: /gives no input a value/ },
    { args: 'delegate Greet --repo {repo} --input a=b', code: 2, says: /There is no recipe that takes the input a/ },
    {
      args: 'delegate Greet --repo {repo} --recipe explain --input a=b',
      code: 2,
      says: /The recipe has no input a\. It takes none/,
    },
    { args: 'delegate Greet --repo {repo} --preview', code: 0, says: /scripted/ },
    { args: 'delegate Greet --repo {opening} --preview', code: 1, says: /--trust [0-9a-f]{64}/ },
    { args: 'delegate Greet --repo {opening} --preview --unchecked', code: 0, says: /open hosts +a\.example\.org/ },
    { args: 'delegate Greet --repo {repo} --without no.txt --preview', code: 2, says: /it cannot be left out/ },
    { args: 'delegate Greet --repo {dirty} --without extra.txt', code: 0, says: run },
    { args: 'delegate Greet --repo {repo} --image {image} --image {image}', code: 0, says: run },
    { args: 'delegate Greet --repo {repo} --image {goal}', code: 2, says: /is no PNG, JPEG, WebP or GIF/ },
  ],
  recipes: [
    { args: 'recipes --repo {repo}', code: 0, says: /fix-failing-test/ },
    { args: 'recipes --json', code: 0, says: inJson },
    { args: 'recipes show label-issue', code: 0, says: /result +labels of what it is about, 3 at most of: bug/ },
    { args: 'recipes show no-such', code: 1, says: /There is no recipe "no-such"/ },
    { args: 'recipes show', code: 2, says: /No recipe is named/ },
    { args: 'recipes check --repo {repo}', code: 0, says: /There is no \.md file/ },
    { args: 'recipes new my-release --repo {dirty}', code: 0, says: /my-release\.md is written\./ },
    { args: 'recipes new ../x --repo {dirty}', code: 2, says: /cannot be used/ },
    { args: 'recipes new --repo {dirty}', code: 2, says: /No name is given/ },
  ],
  repositories: [
    { args: 'repositories', code: 0, says: /Greet|REPOSITORY|works on no repository yet/ },
    { args: 'repositories add {bare}', code: 0, says: /was added\.[^]*Default branch +main[^]*publish: true/ },
    { args: 'repositories add {repo} --json', code: 0, says: inJson },
    { args: 'repositories list --check', code: 0, says: /REPOSITORY +ADDED BY[^]* main / },
    { args: 'repositories remove {repo}', code: 0, says: /was removed\. No trigger of it was on\./ },
    { args: 'repositories add https://git.example.invalid/x.git', code: 1, says: /reads nothing from/ },
  ],
  triggers: [
    { args: 'triggers --repo {dirty}', code: 0, says: /has no triggers/ },
    { args: 'triggers --repo {repo}', code: 0, says: /yearly +off[^]*by the runner’s configuration/ },
    { args: 'triggers list --all --json', code: 0, says: /"origin":"runner"/ },
    { args: 'triggers check --repo {dirty}', code: 0, says: /There is no \.yaml file/ },
    { args: 'triggers check --repo {repo}', code: 0, says: /yearly: .*by the runner’s configuration/ },
    { args: 'triggers enable yearly --repo {repo}', code: 0, says: /yearly begins runs from now on/ },
    { args: 'triggers disable yearly --repo {repo}', code: 0, says: /begins no runs any more/ },
    { args: 'triggers show nightly --repo {repo}', code: 1, says: /has no \.longhaul\/triggers\/nightly\.yaml/ },
    { args: 'triggers enable nightly --repo {repo}', code: 1, says: /has no \.longhaul\/triggers\/nightly\.yaml/ },
  ],
  runs: [
    { args: 'runs --status open --repo {repo} --limit 3 --before 999', code: 0, says: /Greet|No runs/ },
    { args: 'runs --url {url} --token {token} --json', code: 0, says: inJson },
    { args: 'runs --home {home}', code: 0, says: /longhaul delegate/ },
    { args: 'runs --no-color', code: 0, says: /Greet/ },
    { args: 'runs --archived', code: 0, says: /Greet/ },
  ],
  show: [
    { args: 'show {review} --calls', code: 0, says: /hello/, looks: true },
    { args: 'show {review} --json --events', code: 0, says: inJson, looks: true },
  ],
  watch: [
    { args: 'watch {waiting} --until-decision --message-lines 1', code: 3, says: /Which\?/, looks: true },
    { args: 'watch {review} --after 3 --json', code: 3, says: /"type"/, looks: true },
  ],
  message: [{ args: 'message {waiting} Be quick', code: 0, says: /Told run/ }],
  cancel: [{ args: 'cancel {waiting} --reason Enough', code: 0, says: /ancelled/ }],
  retry: [
    { args: 'retry {cancelled}', code: 0, says: /goes on from its last checkpoint/ },
    { args: 'retry {review}', code: 1, says: /longhaul: .*(review|failed|over)/, looks: true },
  ],
  pause: [
    { args: 'pause {working}', code: 0, says: /pauses once its worker has finished|is paused/ },
    { args: 'pause {review}', code: 1, says: /there is nothing to pause/, looks: true },
  ],
  resume: [
    { args: 'resume {paused}', code: 0, says: /goes on/ },
    { args: 'resume {review}', code: 1, says: /is not paused/, looks: true },
  ],
  archive: [{ args: 'archive {cancelled}', code: 0, says: /rchived/ }],
  unarchive: [
    { args: 'unarchive {cancelled}', code: 0, says: /is not archived/ },
    { args: 'unarchive {archived}', code: 0, says: /in lists again/ },
  ],
  delete: [
    { args: 'delete {cancelled}', code: 2, says: /needs a person/, looks: true },
    { args: 'delete {review} --yes', code: 1, says: /verdict first: longhaul accept/, looks: true },
    { args: 'delete {cancelled} --yes', code: 0, says: /is deleted/ },
  ],
  audit: [
    { args: 'audit', code: 0, says: /configuration\.changed/ },
    { args: 'audit list --limit 2 --before 9 --json', code: 0, says: inJson },
    { args: 'audit --action run --actor person:nobody --run run_0000', code: 0, says: /Nothing like that/ },
    { args: 'audit verify', code: 0, says: /each is as it was written/ },
    { args: 'audit verify --anchor nowhere.jsonl', code: 2, says: /cannot be read/ },
    { args: 'audit verify --file nowhere.jsonl', code: 2, says: /cannot be read/ },
    { args: 'audit export', code: 0, says: /"action":"audit\.exported"/ },
    { args: 'audit export --output {place}', code: 0, says: /\d+ records in / },
  ],
  decisions: [
    { args: 'decisions {question}', code: 0, says: /Which\?/, looks: true },
    { args: 'decisions --json', code: 0, says: inJson },
  ],
  approve: [
    { args: 'approve {call} --yes --hash {hash}', code: 0, says: /Approved/ },
    { args: 'approve {call} --yes --arguments {arguments}', code: 0, says: /Approved/ },
    { args: 'approve {call} --renew', code: 0, says: /Asked again/ },
    { args: 'approve {call} --edit', code: 2, says: /needs a terminal/, looks: true },
    { args: 'approve {call}', code: 2, says: /needs a person/, looks: true },
    { args: 'approve {call} --yes --no-wait', code: 0, says: /Approved/ },
  ],
  reject: [{ args: 'reject {call} --reason No', code: 0, says: /ejected/ }],
  answer: [{ args: 'answer {question} This one', code: 0, says: /nswer/ }],
  diff: [
    { args: 'diff {review} --stat', code: 0, says: /hello\.txt/, looks: true },
    { args: 'diff {review} --name-only', code: 0, says: /^hello\.txt\n$/, looks: true },
    { args: 'diff {review} --patch', code: 0, says: /\+hello/, looks: true },
    { args: 'diff {call} --so-far', code: 2, says: /is no run/, looks: true },
    { args: 'diff {asking} --so-far', code: 0, says: /\+hello/, looks: true },
  ],
  tree: [
    { args: 'tree {review}', code: 0, says: /^hello\.txt$/m, looks: true },
    { args: 'tree {review} hello.txt', code: 0, says: /^hello/, looks: true },
    { args: 'tree {asking} --json', code: 0, says: /"files":\[.*"hello\.txt"/, looks: true },
    { args: 'tree {review} nowhere', code: 1, says: /has no nowhere/, looks: true },
  ],
  shell: [{ args: 'shell {review}', code: 2, says: /needs a terminal/, looks: true }],
  apply: [
    { args: 'apply {review} --dry-run', code: 0, says: /hello\.txt/, looks: true },
    { args: 'apply {applied} --undo', code: 0, says: /hello\.txt|taken back/ },
    { args: 'apply {review} --branch greet', code: 0, says: /greet/ },
    { args: 'apply {review} --branch alone --without-own', code: 0, says: /alone/ },
    {
      args: 'apply {review} --how --json',
      code: 0,
      says: inJson,
      input: '{"kind":"worktree","dryRun":true}',
      looks: true,
    },
    { args: 'apply {review} --repo {repo}', code: 2, says: /--repo is for a runner elsewhere/, looks: true },
    {
      args: 'apply {review} --url {url} --token {token} --repo {repo} --dry-run',
      code: 0,
      says: /hello\.txt/,
      looks: true,
    },
  ],
  publish: [
    { args: 'publish {review} --dry-run', code: 1, says: /has no remote that it could be published to/, looks: true },
    {
      args: 'publish {review} --remote file:///nowhere/x.git --dry-run',
      code: 1,
      says: /publishes nothing/,
      looks: true,
    },
    {
      args: 'publish {review} --remote {bare} --branch-only --branch greet --dry-run',
      code: 0,
      says: /Branch: +greet/,
      looks: true,
    },
    {
      args: 'publish {review} --branch my..fix',
      code: 2,
      says: /--branch is "my\.\.fix": expected the name of a branch/,
      looks: true,
    },
    { args: 'publish {review} --remote {bare}', code: 2, says: /Publishing needs a person/, looks: true },
    {
      args: 'publish {review} --remote {bare} --ready --title Greet --body {goal}',
      code: 2,
      says: /has no pull requests/,
      looks: true,
    },
    {
      args: 'publish {review} --remote {bare} --branch-only --branch greet --no-co-author --dry-run',
      code: 0,
      says: /Commit: /,
      looks: true,
    },
    {
      args: 'publish {review} --remote {bare} --resolve',
      code: 2,
      says: /has no pull requests/,
      looks: true,
    },
    {
      args: 'publish {review} --remote {bare} --no-comment',
      code: 2,
      says: /has no pull requests/,
      looks: true,
    },
    {
      args: 'publish {review} --remote {bare} --ci-repairs 2',
      code: 2,
      says: /has no pull requests/,
      looks: true,
    },
    {
      args: 'publish {review} --remote {bare} --branch one --yes',
      code: 0,
      says: /Branch one: [0-9a-f]{12}/,
    },
    {
      args: 'publish {review} --remote {bare} --branch two --yes --with-secrets --no-wait',
      code: 0,
      says: /It goes on without you/,
    },
    { args: 'publish {review} --remote {bare} --into main --yes', code: 2, says: /has no pull requests/, looks: true },
  ],
  accept: [{ args: 'accept {review} --round 1 --reason Fine', code: 0, says: /ccepted/ }],
  discard: [
    { args: 'discard {review} --round 1 --reason No', code: 0, says: /ejected/ },
    { args: 'discard {review} --changes Louder', code: 0, says: /round/ },
  ],
  serve: [
    {
      args: 'serve --home {home} --detach --on-demand --accept-loss --log-level warn --model scripted --api responses --base-url {model} --reasoning-effort low --context-window 100000 --workers 1 --engine embedded --isolation namespaces --readable /opt --host 127.0.0.1 --port 0 --public-url http://127.0.0.1:1 --idle-minutes never',
      code: 0,
      says: /http:\/\/127\.0\.0\.1:\d+/,
    },
    { args: 'serve --home {home} --foreground --accept-loss --json', code: 0, says: /"url"/, stops: true },
  ],
  backup: [
    { args: 'backup {place}', code: 0, says: /files/ },
    { args: 'backup {place} --json', code: 0, says: /^\{"folder":.*\}\n/ },
  ],
  restore: [{ args: 'restore {backup} --home {home}', code: 0, says: /Restored \d+ files/ }],
  stop: [{ args: 'stop --home {home}', code: 0, says: /No runner is running/ }],
  deploy: [
    { args: 'deploy --env staging --set HOME --local-build --dry-run', code: 2, says: /TRIGGER_PROJECT_REF/ },
    { args: 'deploy --no-build', code: 2, says: /TRIGGER_PROJECT_REF/ },
  ],
  doctor: [
    { args: 'doctor --json', code: 0, says: inJson },
    // The model here does as it likes; and has no more to say before it was asked for every tool.
    { args: 'doctor --model', code: 1, says: /tool read +not called: the model called/ },
  ],
};

const bash = (command: string, network: readonly string[] = []) =>
  calls('bash', { command, timeoutSeconds: null, network: [...network] });
const finish = ({ entries }: Asked) =>
  calls('finish', {
    summary: 'Greeted.',
    claims: [{ text: 'It is there', calls: [entries.findLast(({ by }) => by === 'call')?.call ?? ''] }],
  });
const write = bash('echo hello >hello.txt; cat hello.txt');
const greets = scripted([write, finish, bash('echo louder >>hello.txt'), finish]);
const asks = scripted([write, calls('ask', { question: 'Which?', choices: [] }), finish, finish]);
const dawdles = scripted([bash('sleep 60'), finish]);
const reaches = scripted([bash('true', ['allowed.example.org']), finish, finish]);

const surroundings = {
  terminal: {
    out: () => {},
    note: () => {},
    outIsTty: false,
    interactive: false,
    columns: () => 80,
    rows: () => 24,
    keys: () => {
      throw new Error('nobody is at a terminal');
    },
    input: async () => '',
    ask: async () => null,
  },
  env: {},
  cwd: '/',
  version: '1.2.3',
  self: ['false'],
  interrupted: () => new AbortController().signal,
} as const;

/** `--detach`, `--log-level`, …, whatever they are called with one letter. */
const optionsIn = (command: CommandUnknownOpts): readonly string[] =>
  command.options.map(({ long, short }) => long ?? short ?? '').filter((name) => name !== '--help');

const argumentsOf = (list: readonly Case[]): readonly string[] => list.flatMap(({ args }) => args.split(' '));

describe('the built program, installed', () => {
  let stack: AsyncDisposableStack;
  let installed: Installed;
  let repo: string;
  const homes: string[] = [];

  beforeAll(async () => {
    stack = new AsyncDisposableStack();
    installed = stack.use(
      await Installed.start((asked, place) => {
        const text = asked.entries.map((entry) => entry.text).join('\n');
        const script = /#ask/.test(text)
          ? asks
          : /#reach/.test(text)
            ? reaches
            : /#dawdle/.test(text)
              ? dawdles
              : greets;
        return script(asked, place);
      }),
    );
    repo = await repositoryWith({ 'readme.txt': 'Greet.\n' });
    await mkdir(installed.home, { mode: 0o711 });
    await writeFile(
      path.join(installed.home, 'config.yaml'),
      `remotes:\n  - { match: "file://${installed.folder}/bare/*", publish: true }\n  - { match: "file://${path.dirname(repo)}/*" }\ntriggers:\n  - { repository: "${repo}", name: yearly, schedule: "30 2 1 1 *", goal: Greet }\n`,
    );
    await writeFile(path.join(installed.folder, 'goal.md'), 'Greet');
    await writeFile(path.join(installed.folder, 'pixel.png'), Buffer.from(pixel.base64, 'base64'));
    await writeFile(path.join(installed.folder, 'policy.yaml'), JSON.stringify(defaultPolicy));
  });
  afterAll(async () => {
    for (const home of homes) await installed.run(['stop', '--home', home]);
    await stack.disposeAsync();
  });

  /** A run that was followed until it waits for a person, by its number. */
  const followed = async (goal: string): Promise<number> => {
    const said = await installed.run(['delegate', goal, '--repo', repo, '--watch', '--json']);
    expect({ code: said.code, stderr: said.stderr }).toEqual({ code: 3, stderr: expect.anything() });
    // safe: as its help says
    const first = JSON.parse(said.stdout.split('\n')[0] ?? '') as { run: { number: number } };
    return first.run.number;
  };
  const decisionOf = async (goal: string): Promise<{ id: string; hash: string; arguments: unknown }> => {
    const number = await followed(goal);
    // safe: as its help says
    const { state } = (await installed.json(['show', String(number)])) as {
      state: { decisions: Record<string, { request: { id: string; hash: string; arguments: unknown } }> };
    };
    return Object.values(state.decisions)[0]!.request;
  };
  /** A run whose worker is at a command that takes some seconds, by its number. */
  const dawdling = async (): Promise<string> => {
    // safe: as its help says
    const { run: begun } = (await installed.json(['delegate', 'Greet #dawdle', '--repo', repo])) as {
      run: { number: number };
    };
    await expect.poll(async () => (await installed.run(['show', String(begun.number)])).stdout).toContain('sleep 60');
    return String(begun.number);
  };
  const runnerFile = async (): Promise<{ url: string }> =>
    // safe: as the runner writes it
    JSON.parse(await readFile(path.join(installed.home, 'runner.json'), 'utf8')) as { url: string };

  let places = 0;
  const newPlace = (): string => path.join(installed.folder, `backup-${(places += 1)}`);

  /** What stands for the words in braces; what a case may change is made for it alone. */
  const made: Readonly<Record<string, () => Promise<Readonly<Record<string, string>>>>> = {
    repo: async () => ({ repo }),
    opening: async () => {
      const opening = await repositoryWith({ '.longhaul/config.yaml': 'egress: [a.example.org]\n' });
      const { stderr } = await installed.run(['delegate', 'Greet', '--repo', opening]);
      return { opening, hash: /--trust (\w+)/.exec(stderr)?.[1] ?? '' };
    },
    goal: async () => ({ goal: path.join(installed.folder, 'goal.md') }),
    image: async () => ({ image: path.join(installed.folder, 'pixel.png') }),
    policy: async () => ({ policy: path.join(installed.folder, 'policy.yaml') }),
    model: async () => ({ model: installed.model.url }),
    url: async () => ({ url: (await runnerFile()).url }),
    token: async () => ({ token: (await readFile(path.join(installed.home, 'token'), 'utf8')).trim() }),
    home: async () => {
      const home = path.join(installed.folder, `home-${homes.length}`);
      homes.push(home);
      return { home };
    },
    review: async () => ({ review: String(await followed('Greet')) }),
    applied: async () => {
      const applied = String(await followed('Greet'));
      await installed.json(['apply', applied]);
      return { applied };
    },
    cancelled: async () => {
      const cancelled = String(await followed('Greet #ask'));
      await installed.json(['cancel', cancelled]);
      return { cancelled };
    },
    bare: async () => {
      const bare = path.join(installed.folder, 'bare', 'x.git');
      gitIn(installed.folder, 'init', '--quiet', '--bare', '--initial-branch=main', bare);
      gitIn(repo, 'push', '--quiet', bare, 'HEAD:main');
      return { bare: `file://${bare}` };
    },
    dirty: async () => {
      const dirty = await repositoryWith({ 'readme.txt': 'Greet.\n' });
      await writeFile(path.join(dirty, 'extra.txt'), 'extra\n');
      return { dirty };
    },
    working: async () => ({ working: await dawdling() }),
    paused: async () => {
      const paused = await dawdling();
      await installed.json(['pause', paused]);
      return { paused };
    },
    archived: async () => {
      const archived = String(await followed('Greet #ask'));
      await installed.json(['cancel', archived]);
      await installed.json(['archive', archived]);
      return { archived };
    },
    place: async () => ({ place: newPlace() }),
    backup: async () => {
      const backup = newPlace();
      await installed.json(['backup', backup]);
      return { backup };
    },
    waiting: async () => ({ waiting: String(await followed('Greet #ask')) }),
    asking: async () => ({ asking: String(await followed('Greet #ask')) }),
    question: async () => ({ question: (await decisionOf('Greet #ask')).id }),
    call: async () => {
      const { id, hash, arguments: args } = await decisionOf('Greet #reach');
      return { call: id, hash: hash.slice(0, 12), arguments: JSON.stringify(args) };
    },
  };

  const lookedAt = new Map<string, Promise<Readonly<Record<string, string>>> | undefined>();
  const toLookAt = (name: string) => {
    if (!lookedAt.has(name)) lookedAt.set(name, made[name]?.());
    return lookedAt.get(name);
  };

  const filled = async ({ args, input = '', looks }: Case) => {
    const values: Record<string, string> = {};
    for (const [, name = ''] of `${args} ${input.startsWith('{"') ? '{repo}' : ''}`.matchAll(/\{(\w+)\}/g))
      if (!(name in values)) Object.assign(values, await (looks === true ? toLookAt(name) : made[name]?.()));
    const fill = (text: string) => text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
    return { words: args.split(' ').map(fill), input: fill(input) };
  };

  test('has a case here for every command and every option of it', async () => {
    const program = await everyCommand(surroundings);
    const everywhere = Object.values(cases).flatMap(argumentsOf);
    const missing = [
      ...optionsIn(program)
        .filter((option) => option !== '--version' && !everywhere.includes(option))
        .map((option) => `longhaul ${option}`),
      ...program.commands.flatMap((command) => {
        const words = argumentsOf(cases[command.name()] ?? []);
        const untried = optionsIn(command).filter((option) => !words.includes(option));
        return words.length === 0 && command.name() !== 'help'
          ? [`longhaul ${command.name()}`]
          : untried.map((option) => `longhaul ${command.name()} ${option}`);
      }),
    ];
    expect(missing).toEqual([]);
  });

  test('says its version, and what it can do', async () => {
    expect(await installed.run(['--version'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
    expect((await installed.run(['--help'])).stdout).toContain('Usage: longhaul');
  });

  test.each(Object.keys(cases))('says what it does by itself in the help of %s', async (name) => {
    expect(await installed.run(['help', name])).toMatchObject({ code: 0, stderr: '' });
  });

  // Those that only look come after those that make something to look at.
  test.each(Object.values(cases).flat())('longhaul $args', async (each) => {
    const { words, input } = await filled(each);
    const home = words[words.indexOf('--home') + 1] ?? '';
    const said = await installed.run(words, {
      cwd: repo,
      input,
      ...(each.stops === true ? { begun: () => installed.run(['stop', '--home', home]) } : {}),
    });
    const all = `${said.stdout}${said.stderr}`;
    expect(all).not.toMatch(/unexpected:|^ +at .*:\d+/m);
    expect({ ...said, all }).toMatchObject({ code: each.code, all: expect.stringMatching(each.says) });
  });
});
