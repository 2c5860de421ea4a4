import { expect, test } from 'vitest';
import { versionText } from './version-text.ts';

test('a runner of another version is named with both, and with what to do', () => {
  const connected = { url: 'http://127.0.0.1:1', local: true, version: '1.0.0' };
  expect(versionText(connected, '1.0.0')).toBeNull();
  expect(versionText(connected, '1.1.0')).toMatch(/version 1\.0\.0, and this extension is 1\.1\.0\. Restart it/);
  expect(versionText({ ...connected, local: false }, '0.9.0')).toMatch(
    /at http:\/\/127\.0\.0\.1:1 is version 1\.0\.0, .* can update it/,
  );
});
