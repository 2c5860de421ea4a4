import { existsSync } from 'node:fs';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunSummary } from '../../shared/run/summary.ts';
import { startFakeOpenAi, type FakeOpenAi } from '../fakes/openai/index.ts';
import { gitIn } from '../harness/repository.ts';
import { packedExtension } from './packed.ts';
import { Place } from './place.ts';
import {
  chooseFromMenu,
  comes,
  delegateFrom,
  dialog,
  explorerRow,
  notification,
  openActivity,
  palette,
  picture,
  quickStep,
  treeItem,
  webview,
} from './steps.ts';
import { Workbench } from './workbench.ts';

/**
 * What a person sees, and can do next, in each situation that is not the usual one. Here, or in another file:
 *
 * | situation                                   | test                                                                  |
 * |---------------------------------------------|-----------------------------------------------------------------------|
 * | runner killed, restarted; window reloaded    | here; inhost `a runner that is killed`; windows `closed in the middle` |
 * | runner frozen and continued                  | answers `a runner that does not answer`                               |
 * | runner of another version                    | answers `a runner of another version`                                 |
 * | Restricted Mode                              | answers `in Restricted Mode`                                          |
 * | no key; a bad key (401)                      | here; questions `a key of the model is tried`                         |
 * | endpoint down: before, and during a run      | delegating `what a run would fail for`; here                          |
 * | no bubblewrap                                | here                                                                  |
 * | no repository; no commits                    | here                                                                  |
 * | sub-folder; several folders, one in none     | here                                                                  |
 * | linked work tree; submodule                  | here                                                                  |
 */

const things = new AsyncDisposableStack();
let place: Place;
let workbench: Workbench;
let page: Page;
let model: FakeOpenAi;
/** All programs of this machine but bubblewrap, and an installer that brings it. */
let programs: string;

const key = 'sk-right';

/** A repository whose README is what the story `[line]` changes. */
const readme = '# A shop\n\nAdds up a cart.\n';
const folder = async (name: string, files: Readonly<Record<string, string>> = { 'README.md': readme }) => {
  const root = path.join(place.folder, name);
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, file)), { recursive: true });
    await writeFile(path.join(root, file), text);
  }
  return root;
};
const commit = (root: string): void => {
  if (!existsSync(path.join(root, '.git'))) gitIn(root, 'init', '--quiet', '--initial-branch=main');
  gitIn(root, 'add', '--all');
  gitIn(root, 'commit', '--quiet', '--message=Begin');
};
const repository = async (...given: Parameters<typeof folder>): Promise<string> => {
  const root = await folder(...given);
  commit(root);
  return root;
};

const open = async (workspace: string): Promise<void> => {
  await workbench.closeWindows();
  page = await workbench.open(workspace);
};

/** The run of a goal, once it satisfies the condition. */
const settled = async (goal: string, wanted: (run: RunSummary) => boolean): Promise<RunSummary> => {
  const of = (runs: readonly RunSummary[]) => runs.find(({ task }) => task.title === goal);
  const runs = await place.listed((all) => {
    const run = of(all);
    return run !== undefined && wanted(run);
  });
  const run = of(runs);
  if (run === undefined) throw new Error(`no run "${goal}"`);
  return run;
};
const reviewing = ({ status }: RunSummary): boolean => status === 'reviewing';

const listed = (text: string | RegExp) => page.locator('.quick-input-list .monaco-list-row').filter({ hasText: text });
const row = (goal: string, status: string) =>
  treeItem(page, new RegExp(`^Run \\d+, ${goal.replaceAll(/[[\]]/g, '\\$&')}, ${status}`)).first();

/** From the title bar of the review that is in front, all of it. */
const applyAll = async (goal: string): Promise<void> => {
  await openActivity(page, /^Longhaul/);
  await chooseFromMenu(row(goal, 'reviewing'), /^Review Result/);
  await page.locator('.multiDiffEditor').first().waitFor();
  await palette(page, 'Longhaul: Apply Accepted Changes');
  await dialog(page, 'undecided').getByRole('button', { name: 'Accept All and Apply' }).click();
};

beforeAll(async () => {
  place = things.use(await Place.make());
  await writeFile(path.join(place.repository, '.longhaul', 'config.yaml'), 'verification: []\n');
  gitIn(place.repository, 'commit', '--quiet', '--all', '--message=Settings');
  model = await startFakeOpenAi({ script: place.model.script, paceMs: 1, apiKey: key });
  things.defer(() => model[Symbol.asyncDispose]());
  programs = await folder('programs', {});
  await mkdir(programs, { recursive: true });
  // What the line does that is typed into a terminal.
  const install = `#!/bin/sh\n[ "$*" = "apt-get install bubblewrap" ] && ln -s /usr/bin/bwrap ${programs}/bwrap\n`;
  await writeFile(path.join(programs, 'sudo'), install, { mode: 0o755 });
  // The workbench's server asks a login shell for its PATH, and a terminal is a shell.
  const profile = `export PATH=${programs}\n`;
  await folder('code/user', { '.bash_profile': profile, '.profile': profile, '.bashrc': profile });
  for (const from of ['/usr/bin', '/usr/local/bin'])
    for (const name of await readdir(from))
      if (name !== 'bwrap' && name !== 'sudo')
        await symlink(path.join(from, name), path.join(programs, name)).catch(() => {});
  const { OPENAI_API_KEY: _none, ...env } = place.env;
  workbench = things.use(
    await Workbench.start({
      folder: path.join(place.folder, 'code'),
      vsix: packedExtension(),
      env: { ...env, OPENAI_BASE_URL: model.url, PATH: programs },
    }),
  );
  page = await workbench.open(place.repository);
});
afterAll(() => things.disposeAsync());

test('without bubblewrap the line that installs it is typed into a terminal, and with it the draft goes on', async () => {
  await openActivity(page, /^Explorer/);
  await chooseFromMenu(explorerRow(page, 'README.md'), /^Delegate to Background Agent/);
  const box = await quickStep(page, '(1/2)');
  await box.fill('[line] First');
  await box.press('Enter');
  await quickStep(page, '(2/2)');
  await listed(/Not Ready.*bubblewrap/).waitFor();
  await page.keyboard.press('Enter');
  const asked = dialog(page, 'A run would fail: sandbox, model.');
  await asked.waitFor();
  await picture(page, '100 no bubblewrap, no key');
  await asked.getByRole('button', { name: /^Type into a Terminal: sudo apt-get/ }).click();
  // The wizard gives way: the terminal has the keyboard, and nothing is run before a person says so.
  await notification(
    page,
    'Nothing was delegated yet. Delegate again once it is put right: your draft is kept.',
  ).waitFor();
  await page.locator('.terminal-wrapper .xterm.focus').waitFor();
  await picture(page, '101 typed into a terminal');
  expect(await page.locator('.quick-input-widget:visible').count()).toBe(0);
  expect(existsSync(path.join(programs, 'bwrap'))).toBe(false);
  await page.keyboard.press('Enter');
  await expect.poll(() => existsSync(path.join(programs, 'bwrap'))).toBe(true);
  expect((await (await place.api()).runs.list.query({})).runs).toEqual([]);
});

test('without a key the wizard leads to where it is given, and a wrong one is taken only if a person insists', async () => {
  await palette(page, 'Longhaul: Delegate to Background Agent');
  await listed('Continue the draft: [line] First').click();
  await (await quickStep(page, '(1/2)')).press('Enter');
  await quickStep(page, '(2/2)');
  await listed(/Not Ready.*model/).waitFor();
  await picture(page, '102 not ready for want of a key');
  await page.keyboard.press('Enter');
  await dialog(page, 'A run would fail: model.').waitFor();
  await picture(page, '103 no key');
  await dialog(page, 'A run would fail: model.').getByRole('button', { name: 'Set Model Key' }).click();
  const box = await quickStep(page, 'Longhaul: Model Key');
  await box.fill('sk-wrong');
  await box.press('Enter');
  await page.locator('.quick-input-widget').getByText('the key was refused (401)').waitFor();
  // Once more: it is kept all the same.
  await box.press('Enter');
  await notification(page, 'the key was refused (401)').waitFor();
  await picture(page, '104 a refused key is kept');
  expect((await (await place.api()).runs.list.query({})).runs).toEqual([]);
});

test('a run whose key is refused waits, and goes on once there is another', async () => {
  await page.keyboard.press('Escape');
  await palette(page, 'Longhaul: Delegate to Background Agent');
  await listed('Continue the draft: [line] First').click();
  await (await quickStep(page, '(1/2)')).press('Enter');
  await quickStep(page, '(2/2)');
  await listed(/Not Ready.*401/).waitFor();
  await page.keyboard.press('Enter');
  await dialog(page, 'A run would fail: model.').getByRole('button', { name: 'Delegate All the Same' }).click();
  await settled('[line] First', ({ status }) => status === 'waiting');
  await openActivity(page, /^Longhaul/);
  const asks = treeItem(page, /^Decision: Model key refused/).first();
  await asks.waitFor();
  await picture(page, '105 a run whose key is refused');
  const told = notification(page, '[line] First: Model key refused');
  await told.getByRole('button', { name: 'Set Model Key' }).waitFor();
  await chooseFromMenu(asks, /^Approve/);
  await dialog(page, 'Ask the model again').getByRole('button', { name: 'Set Model Key and Try Again' }).click();
  const box = await quickStep(page, 'Longhaul: Model Key');
  await box.fill(key);
  await box.press('Enter');
  await notification(page, 'The key works').waitFor();
  const { spent } = await settled('[line] First', reviewing);
  expect(spent.turns).toBe(2);
});

test('in a folder of no repository one is initialized, and a run begins there without any commit', async () => {
  const root = await folder('plain');
  await open(root);
  await openActivity(page, /^Explorer/);
  await chooseFromMenu(explorerRow(page, 'README.md'), /^Delegate to Background Agent/);
  const told = notification(page, 'is in no git repository. Agents work on a copy that git makes');
  await told.waitFor();
  await picture(page, '110 no repository');
  await told.getByRole('button', { name: 'Initialize Repository' }).click();
  await expect.poll(() => existsSync(path.join(root, '.git', 'HEAD'))).toBe(true);
  await delegateFrom(page, ['README.md'], '[line] Unborn');
  const run = await settled('[line] Unborn', reviewing);
  expect(run.task.repository).toBe(root);
  await applyAll('[line] Unborn');
  await notification(page, 'Applied 1 file').waitFor();
  await picture(page, '111 no commits');
  expect(gitIn(root, 'status', '--porcelain')).toBe('?? README.md\n');
  await palette(page, 'Longhaul: Apply as New Branch');
  await (await quickStep(page, 'Apply as a New Branch')).press('Enter');
  // There is nothing else that it could stand on, so that nothing is asked about it.
  await notification(page, 'holds the accepted changes').waitFor();
  await picture(page, '112 a branch without commits');
  expect(gitIn(root, 'log', '--format=%s', 'longhaul/2-line-unborn').trim().split('\n')).toEqual([
    expect.stringContaining('[line] Unborn'),
    'Working tree as delegated',
  ]);
});

test('in a window on a sub-folder the agent is told of it, and what is applied goes to its place', async () => {
  const root = await repository('whole', { 'shop/README.md': readme, 'shop/package.json': '{}', 'other.md': 'x' });
  await open(path.join(root, 'shop'));
  await palette(page, 'Longhaul: Delegate to Background Agent');
  const box = await quickStep(page, '(1/2)');
  await box.fill('[shop] Sub-folder');
  await box.press('Enter');
  await quickStep(page, '(2/2)');
  await listed(/Folder.*shop: told to the agent/).waitFor();
  await picture(page, '113 a sub-folder');
  await page.keyboard.press('Enter');
  const run = await settled('[shop] Sub-folder', reviewing);
  expect(run.task.repository).toBe(root);
  await applyAll('[shop] Sub-folder');
  await notification(page, 'Applied 1 file').waitFor();
  expect(gitIn(root, 'status', '--porcelain')).toBe(' M shop/README.md\n');
});

test('with several folders open it is asked which repository, and a file in none is told so', async () => {
  const roots = [await repository('left'), await repository('right')];
  await folder('loose', { 'notes.md': 'x' });
  const file = path.join(place.folder, 'all.code-workspace');
  await writeFile(
    file,
    JSON.stringify({ folders: [...roots, path.join(place.folder, 'loose')].map((path) => ({ path })) }),
  );
  await open(file);
  // VS Code now and then takes the file of a workspace for one without folders.
  const isEmpty = () => comes(page.getByText('No Folder Opened').first());
  for (let tries = 0; tries < 5 && (await isEmpty()); tries += 1) await open(file);
  await palette(page, 'Longhaul: Delegate to Background Agent');
  await listed(/^right/).waitFor();
  await picture(page, '114 which repository');
  await listed(/^right/).click();
  const box = await quickStep(page, '(1/2)');
  await page.locator('.quick-input-widget').getByText('What shall the agent do in right?').waitFor();
  await box.fill('[line] Right');
  await box.press('Enter');
  await (await quickStep(page, '(2/2)')).press('Enter');
  const run = await settled('[line] Right', reviewing);
  expect(run.task.repository).toBe(roots[1]);
  await openActivity(page, /^Explorer/);
  await picture(page, '115 several folders');
  await chooseFromMenu(explorerRow(page, 'notes.md'), /^Delegate to Background Agent/);
  await notification(page, 'is in no git repository').getByRole('button', { name: 'Initialize Repository' }).waitFor();
  await picture(page, '116 a folder in no repository');
});

test('in a linked work tree the result goes there, and not to the main one', async () => {
  const main = await repository('main');
  const linked = path.join(place.folder, 'linked');
  gitIn(main, 'worktree', 'add', '--quiet', '-b', 'side', linked);
  await open(linked);
  await delegateFrom(page, ['README.md'], '[line] Linked');
  const run = await settled('[line] Linked', reviewing);
  expect(run.task.repository).toBe(linked);
  await applyAll('[line] Linked');
  await notification(page, 'Applied 1 file').waitFor();
  await picture(page, '117 a linked work tree');
  expect([main, linked].map((root) => gitIn(root, 'status', '--porcelain'))).toEqual(['', ' M README.md\n']);
});

test('a submodule is a repository of its own: said of the one around it, and delegated for from its own files', async () => {
  const inner = await repository('inner');
  const outer = await repository('outer', { 'about.md': 'x' });
  gitIn(outer, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner, 'inner');
  commit(outer);
  await open(outer);
  await delegateFrom(page, ['inner', 'README.md'], '[line] Inside');
  const run = await settled('[line] Inside', reviewing);
  expect(run.task.repository).toBe(path.join(outer, 'inner'));
  await applyAll('[line] Inside');
  await notification(page, 'Applied 1 file').waitFor();
  expect(gitIn(path.join(outer, 'inner'), 'status', '--porcelain')).toBe(' M README.md\n');
  const gate = place.model.hold('Around', 0);
  await delegateFrom(page, ['about.md'], 'Around');
  await gate.reached;
  await notification(page, 'Around').getByRole('button', { name: 'Open Run' }).click();
  await webview(page).getByText('Submodules do not come along').first().waitFor();
  await picture(page, '118 a submodule');
  gate.open();
});

test('a run goes on when its runner is killed, when it is restarted, and when the window is loaded again', async () => {
  await open(place.repository);
  const first = place.model.hold('[line] Killed', 0);
  await delegateFrom(page, ['README.md'], '[line] Killed');
  await openActivity(page, /^Longhaul/);
  await row('[line] Killed', 'working').waitFor();
  await first.reached;
  const pid = async () => (await (await place.api()).runner.info.query()).place?.pid ?? 0;
  const before = await pid();
  process.kill(before, 'SIGKILL');
  await expect.poll(() => pid().catch(() => before)).not.toBe(before);
  await picture(page, '120 its runner was killed');
  first.open();
  await row('[line] Killed', 'reviewing').waitFor();
  const second = place.model.hold('[line] Restarted', 0);
  await delegateFrom(page, ['README.md'], '[line] Restarted');
  await second.reached;
  const killed = await pid();
  await palette(page, 'Longhaul: Restart Runner');
  await expect.poll(() => pid().catch(() => killed)).not.toBe(killed);
  await page.reload();
  await openActivity(page, /^Longhaul/);
  await row('[line] Restarted', 'working').waitFor();
  await picture(page, '121 its runner was restarted, its window loaded again');
  second.open();
  await row('[line] Restarted', 'reviewing').waitFor();
});

test('an endpoint that is down while a run works is waited for, and said in its row', async () => {
  const { port } = new URL(model.url);
  const gate = place.model.hold('[line] Down', 1);
  await delegateFrom(page, ['README.md'], '[line] Down');
  await gate.reached;
  await model[Symbol.asyncDispose]();
  gate.open();
  await openActivity(page, /^Longhaul/);
  await row('[line] Down', 'working').waitFor();
  await settled('[line] Down', ({ spent }) => spent.retries > 0);
  await page.locator('.monaco-list-row', { hasText: /\[line\] Down.*model trouble/ }).waitFor();
  await picture(page, '130 an endpoint that is down');
  model = await startFakeOpenAi({ script: place.model.script, paceMs: 1, apiKey: key, port: Number(port) });
  const { spent } = await settled('[line] Down', reviewing);
  expect(spent.turns).toBe(2);
});
