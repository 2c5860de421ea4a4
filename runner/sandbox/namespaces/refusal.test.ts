import { expect, test } from 'vitest';
import { explainRefusal, type KernelSettings } from './refusal.ts';

const open: KernelSettings = {
  unprivilegedUserns: null,
  apparmorRestrictsUserns: null,
  maxUserNamespaces: '1000',
  filtered: false,
};
const noNamespace =
  "bwrap: No permissions to create new namespace, likely because the kernel does not allow non-privileged user namespaces. On e.g. debian this can be enabled with 'sysctl kernel.unprivileged_userns_clone=1'.";

test.each<[string, string, Partial<KernelSettings>, RegExp, RegExp]>([
  [
    'Debian with the setting off',
    noNamespace,
    { unprivilegedUserns: '0' },
    /user namespaces.*unprivileged_userns_clone is 0/,
    /sysctl -w kernel\.unprivileged_userns_clone=1/,
  ],
  [
    'a limit of zero',
    noNamespace,
    { maxUserNamespaces: '0' },
    /max_user_namespaces is 0/,
    /sysctl -w user\.max_user_namespaces/,
  ],
  [
    'Ubuntu with AppArmor',
    'bwrap: setting up uid map: Permission denied',
    { apparmorRestrictsUserns: '1' },
    /AppArmor/,
    /userns/,
  ],
  [
    'Ubuntu with AppArmor, later',
    'bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted',
    { apparmorRestrictsUserns: '1' },
    /AppArmor/,
    /apparmor_restrict/,
  ],
  ['Docker', noNamespace, { filtered: true }, /container runtime/, /seccomp=unconfined/],
  ['an unknown policy', noNamespace, {}, /a policy of this host/, /allow/],
  [
    'a container with a masked /proc',
    "bwrap: Can't mount proc on /newroot/proc: Operation not permitted",
    {},
    /process list/,
    /systempaths=unconfined/,
  ],
  [
    'a folder that is closed',
    "bwrap: Can't find source path /root/x/workspace: Permission denied",
    {},
    /cannot enter \/root\/x\/workspace/,
    /chmod/,
  ],
  [
    'a folder that is gone',
    "bwrap: Can't find source path /x: No such file or directory",
    {},
    /^\/x does not exist/,
    /create/,
  ],
  ['an old bubblewrap', 'bwrap: Unknown option --disable-userns', {}, /too old.*--disable-userns/, /0\.8/],
  ['anything else', 'bwrap: a riddle', {}, /bubblewrap failed: bwrap: a riddle/, /bwrap --unshare-all/],
  ['silence', '', {}, /said nothing/, /bwrap --unshare-all/],
])('%s', (...[, complaint, kernel, reason, remedy]) => {
  expect(explainRefusal(complaint, { ...open, ...kernel })).toEqual({
    outcome: 'refused',
    reason: expect.stringMatching(reason) as string,
    remedy: expect.stringMatching(remedy) as string,
  });
});
