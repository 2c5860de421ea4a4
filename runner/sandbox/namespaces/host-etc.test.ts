import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readEtc } from './host-etc.ts';

const etcWith = async (files: Readonly<Record<string, number | string>>) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'etc-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, mode] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true, mode: 0o755 });
    if (typeof mode === 'string') await symlink(mode, file);
    else await writeFile(file, 'x', { mode });
  }
  return folder;
};

const own = { passwd: 0o644, group: 0o644, hosts: 0o644, 'nsswitch.conf': 0o644 };

test('/etc is shown whole, but for what not everybody may read, what is hidden by name, and what is mounted there', async () => {
  const folder = await etcWith({
    ...own,
    services: 0o644,
    'fonts/fonts.conf': 0o644,
    localtime: '/usr/share/zoneinfo/UTC',
    'resolv.conf': '../run/resolv.conf',
    shadow: 0o640,
    'machine-id': 0o444,
    npmrc: 0o644,
    'ssh/ssh_host_rsa_key.pub': 0o644,
    'sudoers.d/me': 0o440,
    'ssl/certs/ca.pem': 0o644,
    'ssl/private/machine.pem': 0o644,
    'app/settings.yaml': 0o644,
    'app/api-token': 0o644,
    'app/tls.key': 0o644,
    'app/own.conf': 0o600,
    'volume/of-a-platform': 0o644,
  });
  execFileSync('chmod', ['0710', path.join(folder, 'ssl/private')]);
  execFileSync('mkfifo', [path.join(folder, 'app/pipe')]);
  const mountinfo = path.join(folder, 'services');
  await writeFile(
    mountinfo,
    `36 35 98:0 / ${folder}/volume rw,noatime - tmpfs tmpfs rw\n36 35 98:0 / /etcetera rw - tmpfs tmpfs rw\n`,
  );
  const at = (...names: readonly string[]) => names.map((name) => `${folder}/${name}`);
  expect(await readEtc(folder, mountinfo)).toEqual({
    shown: [folder],
    emptyFolders: at('ssh', 'ssl/private', 'sudoers.d', 'volume'),
    emptyFiles: at('app/api-token', 'app/own.conf', 'app/pipe', 'app/tls.key', 'machine-id', 'npmrc', 'shadow'),
  });
});

test('where its accounts are no plain files, only what programs cannot do without is shown', async () => {
  const folder = await etcWith({ ...own, services: 0o644, 'ssl/certs/ca.pem': 0o644 });
  await rm(path.join(folder, 'passwd'));
  expect(await readEtc(folder)).toEqual({ shown: [`${folder}/ssl/certs`], emptyFolders: [], emptyFiles: [] });
});
