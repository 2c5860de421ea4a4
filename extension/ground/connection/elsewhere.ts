import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type * as vscode from 'vscode';
import { answerOf } from './command-answer.ts';
import { packagedRunner, remoteEndpoint } from './connect.ts';

/** Seconds; a large repository on a slow line takes minutes. */
const limitSeconds = 1_800;

/**
 * Lets the packaged command line do, with a runner elsewhere, what needs the files of this machine: a snapshot to upload, a result to
 * apply. Gives the JSON that it prints. What it says meanwhile goes to `tell`, line by line. Throws ConnectionError with its reason.
 */
export const runCommand = async (
  extension: vscode.ExtensionContext,
  url: string,
  {
    words,
    input,
    tell,
  }: { readonly words: readonly string[]; readonly input: unknown; readonly tell: (line: string) => void },
): Promise<unknown> => {
  const { token } = await remoteEndpoint(extension, url);
  const { node, cli, env } = await packagedRunner(extension);
  const child = spawn(node, [cli, '--json', ...words], {
    // The token is in no argument, where others on the machine could read it. The model's key is for a runner alone.
    env: { ...env, OPENAI_API_KEY: undefined, ANTHROPIC_API_KEY: undefined, LONGHAUL_URL: url, LONGHAUL_TOKEN: token },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: limitSeconds * 1000,
  });
  child.on('error', (error) => tell(error.message));
  // One that ends before it has read everything says why in its output.
  child.stdin.on('error', () => {});
  child.stdin.end(JSON.stringify(input));
  child.stderr.setEncoding('utf8').on('data', (said: string) => {
    for (const line of said.split('\n')) if (line.trim() !== '') tell(line.trim());
  });
  return answerOf(await text(child.stdout));
};
