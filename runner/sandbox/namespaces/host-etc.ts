import { lstat, readFile } from 'node:fs/promises';
import { printedBy } from '../host-programs.ts';

/** What of the host's /etc a sandbox sees: paths that are shown, and those below them that are empty there. */
export interface HostEtc {
  readonly shown: readonly string[];
  readonly emptyFolders: readonly string[];
  readonly emptyFiles: readonly string[];
}

/** Which of /etc's entries the sandbox has of its own: see `writeEtc`. */
export const ownEtc = ['passwd', 'group', 'hosts', 'nsswitch.conf'] as const;

/**
 * Readable by everybody as a rule, and nothing that a build needs: which machine this is and who works on it, how its services are set up, and
 * where credentials of package managers, proxies, registries and remotes are kept.
 */
const hiddenNames = new Set(
  (
    'passwd- group- shadow shadow- gshadow gshadow- subuid subuid- subgid subgid- sudoers sudoers.d sudo.conf doas.conf login.defs security pam.d polkit-1 ' +
    'machine-id hostid hostname machine-info mailname fstab crypttab exports mtab resolv.conf resolvconf hosts.allow hosts.deny hosts.equiv ' +
    'environment environment.d profile profile.d bash.bashrc zsh zshrc csh.cshrc csh.login skel gitconfig npmrc yarnrc pip.conf pip wgetrc curlrc netrc ' +
    'ssh sshd ssh_config krb5.conf krb5.conf.d krb5.keytab ldap ldap.conf sssd openldap samba nslcd.conf radcli ' +
    'apt yum yum.conf yum.repos.d dnf zypp pacman.conf pacman.d rhsm docker containers containerd crio cni kubernetes rancher k3s nomad.d consul.d vault vault.d ' +
    'cloud waagent.conf google_instance_id.template boto.cfg aws azure netplan network NetworkManager systemd init.d default sysconfig rc.local cron.d cron.daily ' +
    'cron.hourly cron.monthly cron.weekly crontab anacrontab at.allow at.deny udev audit apparmor.d selinux letsencrypt acme wireguard openvpn ipsec.conf ' +
    'ipsec.d ipsec.secrets strongswan.d swanctl ppp wpa_supplicant chatscripts iwd apache2 httpd nginx lighttpd caddy haproxy traefik mysql my.cnf my.cnf.d ' +
    'mariadb postgresql postgresql-common redis mongod.conf rabbitmq memcached.conf elasticsearch postfix exim4 dovecot msmtprc aliases grafana prometheus ' +
    'telegraf datadog-agent newrelic gitlab gitlab-runner jenkins puppet puppetlabs chef salt ansible opt longhaul'
  ).split(' '),
);

/** Shown where /etc cannot be shown whole: what the linker, TLS, time zones and JDKs read. */
const least = [
  'alternatives',
  'ca-certificates',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'localtime',
  'pki/ca-trust/extracted',
  'pki/tls/certs',
  'ssl/certs',
  'ssl/openssl.cnf',
  'java',
  'java-11-openjdk',
  'java-17-openjdk',
  'java-21-openjdk',
  'java-25-openjdk',
  'maven',
];

/** What not everybody may read, what is neither file nor folder, and what is called a secret. Links show only what they lead to. */
const unfitFiles =
  '-not -type l ( ( -type d -not -perm -005 ) -o ( -type f -not -perm -004 ) -o -not ( -type f -o -type d ) -o ( -type f ( -iname *secret* -o -iname *password* -o -iname *credential* -o -iname *token* -o -iname *.key -o -iname *.keytab ) ) )';

/**
 * Looks /etc over. Shown is what everybody on the machine may read, whatever the worker itself may, but for what is hidden by name and what is
 * mounted there, which are secrets as a rule. Takes some 5 ms.
 */
export async function readEtc(folder = '/etc', mountinfo = '/proc/self/mountinfo'): Promise<HostEtc> {
  const own = await Promise.all(ownEtc.map((name) => kindOf(`${folder}/${name}`)));
  if (own.some((kind) => kind !== 'file')) {
    const found = await Promise.all(
      least.map(async (name) => ((await kindOf(`${folder}/${name}`)) === null ? [] : [`${folder}/${name}`])),
    );
    return { shown: found.flat(), emptyFolders: [], emptyFiles: [] };
  }
  const [unfit, mounted] = await Promise.all([found(folder, unfitFiles), mountsBelow(folder, mountinfo)]);
  const named = [...hiddenNames].map((name) => `${folder}/${name}`);
  const ownFiles = new Set(ownEtc.map((name) => `${folder}/${name}`));
  const hidden = [...new Set([...named, ...unfit, ...mounted])].filter((path) => !ownFiles.has(path)).sort();
  const emptyFolders: string[] = [];
  const emptyFiles: string[] = [];
  for (const path of hidden) {
    // Below one that is empty there is nothing.
    if (emptyFolders.some((above) => path.startsWith(`${above}/`))) continue;
    const kind = await kindOf(path);
    if (kind === 'folder') emptyFolders.push(path);
    if (kind === 'file') emptyFiles.push(path);
  }
  return { shown: [folder], emptyFolders, emptyFiles };
}

/** Null: there is none. A link is none either: nothing can be put in its place, and where it leads is hidden by itself. */
const kindOf = async (path: string): Promise<'file' | 'folder' | null> => {
  const at = await lstat(path).catch(() => null);
  return at === null || at.isSymbolicLink() ? null : at.isDirectory() ? 'folder' : 'file';
};

/** What could not be looked into is in the list itself. */
const found = async (folder: string, test: string): Promise<readonly string[]> => {
  const words = [folder, '-mindepth', '1', '-xdev', ...test.split(' '), '-prune', '-print0'];
  return (await printedBy('find', words)).split('\0').filter(Boolean);
};

const mountsBelow = async (folder: string, mountinfo: string): Promise<readonly string[]> =>
  (await readFile(mountinfo, 'utf8').catch(() => ''))
    .split('\n')
    .map((line) =>
      (line.split(' ')[4] ?? '').replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(parseInt(code, 8))),
    )
    .filter((path) => path.startsWith(`${folder}/`));
