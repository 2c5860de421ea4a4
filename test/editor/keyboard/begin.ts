import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { RunSummary } from '../../../shared/run/summary.ts';
import { gitIn } from '../../harness/repository.ts';
import { packedExtension } from '../packed.ts';
import { Place } from '../place.ts';
import { packShopTests } from '../pack-beside.ts';
import { Workbench } from '../workbench.ts';
import type { Hands } from './hands.ts';
import { keysOf } from './keys.ts';
import { titles } from './titles.ts';

/** What the repository says to Longhaul. */
const settings = `verification: []
policy:
  rules:
    - id: receipts
      verdict: ask
      reason: Somebody reads what comes of it.
      tool: [bash]
      command: node receipts/record.js
      examples:
        matches: [{ tool: bash, command: node receipts/record.js }]
        not: [{ tool: bash, command: node --test }]
    - id: readme
      verdict: ask
      reason: The README is for everybody.
      tool: [write]
      path: README.md
      examples:
        matches: [{ tool: write, path: README.md }]
        not: [{ tool: write, path: src/a.js }]
`;

/** What it begins a run for. */
const trigger = 'schedule: 30 2 1 1 *\ngoal: "[nothing] Look each year"\n';

/** A run that is there when the window opens, and the state that it has come to by then. */
type Begun = readonly [goal: string, status: RunSummary['status'], decisionHours?: number];

export interface Beginning {
  readonly begun: readonly Begun[];
  /** Whether its runner publishes, to a GitHub of its own. */
  readonly onGitHub?: boolean;
  /** Whether the sample's tests are there, run by an extension beside Longhaul. */
  readonly shopTests?: boolean;
}

/** A workbench with these runs in it. */
export const begin = async (
  things: AsyncDisposableStack,
  { begun, onGitHub = false, shopTests = false }: Beginning,
): Promise<Hands> => {
  const place = things.use(await Place.make());
  await writeFile(path.join(place.repository, '.longhaul', 'config.yaml'), settings);
  await mkdir(path.join(place.repository, '.longhaul', 'triggers'));
  await writeFile(path.join(place.repository, '.longhaul', 'triggers', 'yearly.yaml'), trigger);
  await writeFile(path.join(place.repository, 'left.txt'), 'one\ntwo\nthree\nfour\nfive\nsix\n');
  gitIn(place.repository, 'add', '--all');
  gitIn(place.repository, 'commit', '--quiet', '--amend', '--no-edit');
  const github = onGitHub ? things.use(await place.onGitHub(['acme', 'ada'])) : null;
  await place.delegate('[nothing] Begin');
  const api = await place.api();
  const delegate = async (goal: string, decisionHours: number | null = null): Promise<void> => {
    await api.runs.delegate.mutate({ goal, repository: place.repository, decisionHours });
  };
  for (const [goal, , decisionHours] of begun) await delegate(goal, decisionHours);
  const workbench = things.use(
    await Workbench.start({
      folder: path.join(place.folder, 'code'),
      vsix: packedExtension(),
      beside: shopTests ? [await packShopTests(path.join(place.folder, 'shop-tests'))] : [],
      env: place.env,
      // Without it the rows of a terminal are texts in the page.
      settings: { 'terminal.integrated.gpuAcceleration': 'off' },
    }),
  );
  const page = await workbench.open(place.repository);
  await page.setViewportSize({ width: 1440, height: 1300 });
  const keys = await keysOf(page);
  const wanted = new Map(begun.map(([goal, status]) => [goal, status]));
  await place.listed((runs) => runs.every(({ task, status }) => status === (wanted.get(task.goal) ?? 'completed')));
  const titled = (runs: readonly RunSummary[], title: string) => runs.find(({ task }) => task.title === title);
  return {
    place,
    github,
    page,
    keys,
    delegate,
    call: (command) => keys.palette(titles.get(command) ?? command),
    run: async (title, isWanted = () => true) => {
      const runs = await place.listed((all) => {
        const found = titled(all, title);
        return found !== undefined && isWanted(found);
      });
      const found = titled(runs, title);
      if (found === undefined) throw new Error(`there is no run ${title}`);
      return found;
    },
  };
};
