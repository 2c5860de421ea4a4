import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { findRunner } from '../../runner/local/find-runner.ts';
import { hookSecret } from '../harness/github.ts';
import { gitIn } from '../harness/repository.ts';
import { projectRoot } from '../harness/rig.ts';
import { packedExtension } from './packed.ts';
import { Place } from './place.ts';
import { fold, openActivity, palette, treeItem, webview } from './steps.ts';
import { Workbench } from './workbench.ts';

/**
 * Makes the README's second picture: what an issue that somebody labelled has become, in the real workbench with the packed extension.
 * `npm run film`; look at it before you commit it.
 */
const file = path.join(projectRoot, 'docs', 'images', 'github.png');
const at = { owner: 'acme', repo: 'shop' };
const trigger = 'on: { github: issue-labeled, label: agent }\ngoal: Do what the issue tells.\npublish: ready\n';

await using things = new AsyncDisposableStack();
const place = things.use(await Place.make());
await mkdir(path.join(place.repository, '.longhaul', 'triggers'));
await writeFile(path.join(place.repository, '.longhaul', 'triggers', 'bugs.yaml'), trigger);
gitIn(place.repository, 'add', '--all');
gitIn(place.repository, 'commit', '--quiet', '--amend', '--no-edit');
const github = things.use(await place.onGitHub(['acme', 'ada', 'mia']));
const workbench = things.use(
  await Workbench.start({ folder: path.join(place.folder, 'code'), vsix: packedExtension(), env: place.env }),
);
await place.does('triggers', 'enable', 'bugs', '--repo', github.url);
const found = await findRunner(place.home);
if (found.outcome !== 'running') throw new Error(`no runner answers: ${found.outcome}`);
const events = ['issues', 'pull_request', 'pull_request_review', 'check_run'];
await github.hook(`${found.file.url}/webhooks/github`, { secret: hookSecret, events });

const [acme, ada, mia] = await Promise.all([github.as('acme'), github.as('ada'), github.as('mia')]);
await acme.repos.addCollaborator({ ...at, username: 'ada', permission: 'push' });
const body = 'Ten apples cost as much as ten times one apple.';
const { data: issue } = await mia.issues.create({ ...at, title: 'The discount is wrong', body });
await ada.issues.addLabels({ ...at, issue_number: issue.number, labels: ['agent'] });

const page = await workbench.open(place.repository);
await page.setViewportSize({ width: 1200, height: 760 });
await openActivity(page, /^Longhaul/);
const asking = await place.settled(({ decisions }) => Object.keys(decisions).length > 0);
await place.does('approve', Object.keys(asking.decisions)[0] ?? '', '--yes');
const published = await place.settled(
  ({ effects }) => effects.length === 2 && effects.every(({ status }) => status === 'done'),
);
await github.sync();
const [pull] = (await acme.pulls.list(at)).data;
if (pull === undefined) throw new Error('There is no pull request.');
const check = { ...at, name: 'build', head_sha: pull.head.sha, status: 'completed', conclusion: 'success' } as const;
await acme.checks.create(check);
await ada.pulls.createReview({ ...at, pull_number: pull.number, event: 'APPROVE' });
await treeItem(page, /reviewing: .*it is approved/)
  .first()
  .waitFor();
await palette(page, 'Longhaul: Focus on Automations View');
await fold(treeItem(page, /^Automation bugs/).first(), true);
await treeItem(page, new RegExp(`^Run ${published.number}, `))
  .first()
  .click();
await webview(page).getByRole('heading').first().waitFor();
await palette(page, 'Notifications: Clear All Notifications');
await page.evaluate(() => new Promise((resolve) => setTimeout(() => requestAnimationFrame(resolve), 1000)));
await writeFile(file, await page.screenshot());
console.log(path.relative(projectRoot, file));
