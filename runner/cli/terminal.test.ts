import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const asking = `
import { processTerminal } from ${JSON.stringify(fileURLToPath(new URL('./terminal.ts', import.meta.url)))};
console.log('answered', JSON.stringify(await processTerminal().ask('Sure? ')));
`;

/** What a person sees who is asked at a real terminal and presses these keys. */
const pressing = async (keys: string): Promise<string> => {
  const command = `exec "$NODE" --input-type=module -e "$ASKING"`;
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    env: { PATH: process.env['PATH'], NODE: process.execPath, ASKING: asking, TERM: 'dumb' },
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const before = said;
    said += chunk.toString();
    if (said.includes('Sure? ') && !before.includes('Sure? ')) child.stdin.write(keys);
  });
  const [code] = await once(child, 'close');
  return `${/answered .*?(?=\r?\n)/.exec(said)?.[0] ?? said} (${String(code)})`;
};

test.each([
  ['yes\r', 'answered "yes" (0)'],
  ['\r', 'answered "" (0)'],
  // Ctrl-D, Ctrl-C
  ['\u0004', 'answered null (0)'],
  ['\u0003', 'answered null (0)'],
])('who presses %j at a question has %s', async (keys, expected) => {
  expect(await pressing(keys)).toBe(expected);
});
