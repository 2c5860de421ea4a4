import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { calls, scripted, together, type Asked } from '../fakes/openai/index.ts';
import { repositoryWith } from '../harness/repository.ts';
import { projectRoot, Rig, type RigOptions } from '../harness/rig.ts';
import { inContainer } from './container.ts';
import { providers } from './providers.ts';
import { modes } from './workplace.ts';

const firstCall = ({ entries }: Asked): string => entries.find(({ by }) => by === 'call')?.call ?? '';
const bash = (command: string) => calls('bash', { command, timeoutSeconds: null, network: null });

/** Every tool that touches the tree from either side: a command's file is read and edited here, and used by the next command. */
const script = scripted([
  together(
    bash('mkdir made; echo hello >made/one; pwd; id -un'),
    calls('search', { pattern: 'hel+o', path: null, glob: null }),
  ),
  calls('edit', { path: 'made/one', old: 'hello', new: 'changed here' }),
  bash('cat made/one; rm notes.txt; env; cat /proc/[0-9]*/environ 2>/dev/null | tr "\\0" "\\n"'),
  (asked) => calls('finish', { summary: 'Done.', claims: [{ text: 'It ran', calls: [firstCall(asked)] }] }),
]);

/** A whole run, and what is to be seen of it whoever confines its commands. */
const runThrough = async (options: Omit<RigOptions, 'script'>, repository: string) => {
  await using rig = await Rig.start({ ...options, script });
  const { id } = await rig.delegate({
    goal: 'Make it',
    repository,
    verification: [{ command: 'grep -q "changed here" made/one', timeoutSeconds: 60, network: [] }],
  });
  const state = await rig.settled(id, ({ status }) => status !== 'queued' && status !== 'working');
  const bodies = (await rig.events(id)).map(({ body }) => body);
  const outputs = bodies.flatMap((body) => (body.type === 'call.finished' ? [body.output] : []));
  return {
    status: state.status,
    verified: bodies.flatMap((body) => (body.type === 'verification.finished' ? [body.exitCode] : [])),
    workers: bodies.flatMap((body) => (body.type === 'activation.leased' ? [body.worker] : [])),
    files: 'result' in state ? state.result?.files : null,
    outputs,
    failure: bodies.find(({ type }) => type === 'run.failed') ?? null,
  };
};

describe.each(modes.filter(({ commands }) => commands !== null))('a run with $name', () => {
  const expected = (worker: RegExp) => ({
    status: 'reviewing',
    verified: [0],
    workers: [expect.stringMatching(worker) as string],
    files: 2,
    failure: null,
    outputs: [
      'exit code 0\n/workspace\nagent',
      'made/one:1:hello\n',
      expect.stringMatching(/made\/one/) as string,
      expect.stringMatching(/^exit code 0\nchanged here\n/) as string,
      expect.anything() as string,
    ],
  });

  test.each(providers)(
    'goes through on machines of $name, and none of them is left',
    async ({ name, keyName, account: open }) => {
      await using account = await open();
      const isolation = name === 'E2B' ? 'e2b' : 'daytona';
      const names = ['E2B_API_KEY', 'E2B_API_URL', 'E2B_SANDBOX_URL', 'DAYTONA_API_KEY', 'DAYTONA_API_URL'];
      const env = Object.fromEntries(
        names.flatMap((each) => (process.env[each] === undefined ? [] : [[each, process.env[each]]])),
      );
      const repository = await repositoryWith({ 'notes.txt': 'begin\n' });
      const run = await runThrough({ env: { ...env, LONGHAUL_ISOLATION: isolation } }, repository);
      expect(run).toEqual(expected(new RegExp(`child \\d+ \\(isolation ${isolation}\\)$`)));
      expect(run.outputs.join()).not.toContain(process.env[keyName]);
      expect([...account.sandboxes.keys(), ...account.refused]).toEqual([]);
    },
  );

  test('goes through in a container that is there for it alone, and no second one does', async () => {
    const repository = await repositoryWith({ 'notes.txt': 'begin\n' });
    const folders = [projectRoot, path.dirname(repository)];
    const options = {
      env: { LONGHAUL_ISOLATION: 'container', LONGHAUL_CONTAINER_NETWORK: 'open' },
      inside: (own: string) => inContainer({ own, namespaces: false, sharesProcesses: true, folders }),
    };
    const run = await runThrough(options, repository);
    expect(run).toEqual(expected(/child \d+ \(isolation container, network said to be open\)$/));
    await using rig = await Rig.start({ ...options, script });
    for (const wanted of ['reviewing', 'failed']) {
      const { id } = await rig.delegate({ goal: 'Make it', repository });
      const state = await rig.settled(id, ({ status }) => status === 'reviewing' || status === 'failed');
      expect(state.status).toBe(wanted);
    }
  });
});
