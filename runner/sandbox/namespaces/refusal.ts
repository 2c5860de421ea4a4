import { refused, type SandboxRefusal } from '../sandbox.ts';

/** What the host's kernel says about user namespaces; null where it has no such setting. */
export interface KernelSettings {
  /** kernel.unprivileged_userns_clone (Debian). */
  readonly unprivilegedUserns: string | null;
  /** kernel.apparmor_restrict_unprivileged_userns (Ubuntu 23.10 and later). */
  readonly apparmorRestrictsUserns: string | null;
  /** user.max_user_namespaces */
  readonly maxUserNamespaces: string | null;
  /** Whether this process runs under a seccomp filter of a container. */
  readonly filtered: boolean;
}

/** Turns what bwrap wrote when it could not set up a sandbox into what a person can act on. */
export function explainRefusal(complaint: string, kernel: KernelSettings): SandboxRefusal {
  const unreadable = /Can't find source path (.+): Permission denied/.exec(complaint)?.[1];
  if (unreadable !== undefined) {
    return refused(
      `the user that commands run as cannot enter ${unreadable}`,
      `let every folder above it be entered: chmod o+x, or choose a data folder elsewhere`,
    );
  }
  const absent = /Can't find source path (.+): No such file or directory/.exec(complaint)?.[1];
  if (absent !== undefined)
    return refused(`${absent} does not exist`, 'create it, or take it out of the configuration');
  const unknown = /Unknown option (\S+)/i.exec(complaint)?.[1];
  if (unknown !== undefined)
    return refused(`this bubblewrap is too old: it does not know ${unknown}`, 'install bubblewrap 0.8 or later');
  if (/can't mount proc/i.test(complaint)) {
    return refused(
      `a process list of its own cannot be mounted here (${complaint})`,
      'in a container, run it with --security-opt systempaths=unconfined, or run outside of the container',
    );
  }
  return explainNamespaces(complaint, kernel);
}

function explainNamespaces(complaint: string, kernel: KernelSettings): SandboxRefusal {
  const reason = (why: string): string => `user namespaces are forbidden: ${why} (${complaint})`;
  const namespaces = /new namespace|uid map|gid map|RTM_NEWADDR|user namespace|Creating new namespace/i.test(complaint);
  if (!namespaces)
    return refused(
      `bubblewrap failed: ${complaint || 'it said nothing'}`,
      'run `bwrap --unshare-all --ro-bind / / true` as the same user to see it alone',
    );
  if (kernel.unprivilegedUserns === '0')
    return refused(reason('kernel.unprivileged_userns_clone is 0'), 'sysctl -w kernel.unprivileged_userns_clone=1');
  if (kernel.maxUserNamespaces === '0')
    return refused(reason('user.max_user_namespaces is 0'), 'sysctl -w user.max_user_namespaces=15000');
  if (kernel.apparmorRestrictsUserns === '1') {
    return refused(
      reason('AppArmor restricts them'),
      'install an AppArmor profile that allows bwrap `userns,`, or sysctl -w kernel.apparmor_restrict_unprivileged_userns=0',
    );
  }
  if (kernel.filtered) {
    return refused(
      reason('a container runtime filters system calls'),
      'run the container with --security-opt seccomp=unconfined, or with a seccomp profile that allows unshare and clone with CLONE_NEWUSER',
    );
  }
  return refused(
    reason('the kernel or a policy of this host does not allow them'),
    'allow unprivileged user namespaces for this user',
  );
}
