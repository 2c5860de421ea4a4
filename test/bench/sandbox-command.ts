import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openBubblewrap } from '../../runner/sandbox/namespaces/bubblewrap.ts';
import { makeWorkplace, modes } from '../attack/workplace.ts';
import type { Bench } from './rows.ts';
import { inMs, p50, timed } from './statistics.ts';

const rounds = 50;
const mib = 1024 * 1024;
const limits = {
  memoryBytes: 2048 * mib,
  processes: 512,
  fileBytes: 1024 * mib,
  tmpBytes: 256 * mib,
  workspaceBytes: 1024 * mib,
};

/** `true` confined and `true` as it is, in turn. */
export const sandboxCommand: Bench = {
  name: 'sandbox',
  run: async () => {
    const [mode] = modes;
    if (mode === undefined) throw new Error('there is no way to run commands here');
    await using workplace = await makeWorkplace(mode, limits);
    const sandbox = await openBubblewrap(workplace.options);
    if ('outcome' in sandbox) throw new Error(`${sandbox.reason}; ${sandbox.remedy}`);
    await using _ = sandbox;
    const { signal } = new AbortController();
    const confined: number[] = [];
    const bare: number[] = [];
    for (let round = 0; round < rounds + 5; round += 1) {
      const inside = await timed(async () => {
        const result = await sandbox.run(
          { argv: ['true'], timeoutMs: 10_000, network: [], maxOutputBytes: 1000 },
          { signal },
        );
        if (result.exitCode !== 0) throw new Error(`true ended with ${String(result.exitCode)}: ${result.output}`);
      });
      const outside = await timed(() => once(spawn('true', { stdio: 'ignore' }), 'exit'));
      if (round < 5) continue;
      confined.push(inside);
      bare.push(outside);
    }
    const [inside, outside] = [p50(confined), p50(bare)];
    return [
      {
        what: 'a command in the sandbox against bare',
        value: inside / outside,
        unit: '×',
        target: null,
        note: `\`true\`, p50 of ${rounds}: ${inMs(inside)} against ${inMs(outside)}, so ${inMs(inside - outside)} more`,
      },
    ];
  },
};
