import type { SandboxResult } from '../../sandbox/sandbox.ts';
import { headAndTail, outputBytes } from './output.ts';
import { defineTool, type ToolResult } from './tool.ts';

const defaultTimeoutSeconds = 120;
/** What is kept of an output for the reviewer, bytes. */
const keptBytes = 4 * 1024 * 1024;
/** Room for the sentences around the output. */
const noticeBytes = 1024;

export const bash = defineTool({
  name: 'bash',
  description:
    'Run a command with bash in a sandbox, in the workspace root. Nothing outlives the command: no background process, no shell state. There is no network unless hosts are named, and naming hosts may have to be approved by a person. Long output is cut in the middle.',
  run: async ({ command, timeoutSeconds }, { sandbox, network, signal }) => {
    const seconds = timeoutSeconds ?? defaultTimeoutSeconds;
    const result = await sandbox.run(
      { argv: ['/bin/bash', '-c', command], timeoutMs: seconds * 1000, network, maxOutputBytes: keptBytes },
      { signal },
    );
    return commandResult(result, seconds);
  },
});

/** What the model reads of a command: how it ended, what it printed, and which hosts were out of reach. @internal */
export const commandResult = (result: SandboxResult, timeoutSeconds: number): ToolResult => {
  const { output, full } = headAndTail(result.output, outputBytes - noticeBytes);
  const refusedHosts = [...result.refusedHosts].sort();
  return {
    outcome: result.outcome === 'exited' && result.exitCode === 0 ? 'ok' : 'error',
    output: [ending(result, timeoutSeconds), output.replace(/\n$/, ''), refusal(refusedHosts)]
      .filter((part) => part !== '')
      .join('\n'),
    full,
    exitCode: result.exitCode,
    refusedHosts,
    reachedHosts: [...result.reachedHosts].sort(),
  };
};

const ending = ({ outcome, exitCode, output }: SandboxResult, timeoutSeconds: number): string => {
  switch (outcome) {
    case 'exited':
      return `exit code ${exitCode ?? 'unknown'}${output === '' ? ', no output' : ''}`;
    case 'timeout':
      return `stopped after ${timeoutSeconds} seconds, the time limit of this call`;
    case 'limit':
      return 'stopped: the workspace has grown past its disk limit; remove what is not needed';
    case 'memory':
      return 'stopped: its processes used more memory than they may together; use less of it, or run fewer of them at once';
    case 'cancelled':
      return 'stopped: the run was interrupted';
  }
};

/** The name list is cut at what fits beside the output. */
const refusal = (hosts: readonly string[]): string => {
  if (hosts.length === 0) return '';
  const named = hosts.slice(0, 5).map((host) => host.slice(0, 100));
  return `[No network access to ${named.join(', ')}${hosts.length > 5 ? ` and ${hosts.length - 5} more` : ''}. A host that is needed can be asked for in "network".]`;
};
