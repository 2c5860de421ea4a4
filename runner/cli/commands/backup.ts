import { usage } from '../../../shared/trouble.ts';
import { resolve } from 'node:path';
import { homeAt } from '../../machine/home/home.ts';
import { configOfRunner } from '../../machine/config/served.ts';
import type { Backup } from '../../control/backup/backup.ts';
import type { CommandContext } from '../context.ts';
import { exit, type ExitCode } from '../exit.ts';
import { plural } from '../../../shared/text/figures.ts';
import { explain } from '../help.ts';
import { progressNotes } from '../progress.ts';
import type { Define } from '../define.ts';

export const define: Define = (command, act) => {
  command.argument('<folder>', 'where to; not there yet, or empty').action(act(run));
  explain(command, {
    about: `Copies all that the home needs to be whole again: the database, the blobs, the folders of the runs, settings, token and
key. The runner goes on meanwhile. Each file is written down with its size and SHA-256, and the copy of the database is looked at as
doctor would. With Postgres the database is dumped by pg_dump, which has to be there; blobs in a bucket are no part of it. Who reads
the back-up can do what the owner of the home can: keep it as you keep a password.`,
    examples: [
      ['longhaul backup /mnt/backups/2026-03-01', 'a folder of its own for each'],
      ['longhaul restore /mnt/backups/2026-03-01 --home /var/lib/longhaul', 'and back, into an empty home'],
    ],
    json: '{"folder", "store": "sqlite" | "postgres", "position", "files", "bytes", "missing": […], "skipped": […]}',
    exits: [[1, 'failed, or blobs that the log names are not in the home: they are said, and the rest is copied']],
  });
};

const run = async (context: CommandContext, folder: string): Promise<ExitCode> => {
  if (context.remote !== null)
    throw usage('A home is copied on its own machine, not elsewhere.', 'Leave out --url and LONGHAUL_URL.');
  const loaded = await configOfRunner(homeAt(context.home), context.env);
  if (loaded.outcome === 'invalid')
    throw usage(`Settings cannot be used:\n  ${loaded.problems.join('\n  ')}`, 'They say where the database is.');
  const { backUp } = await import('../../control/backup/backup.ts');
  const done = await backUp({
    home: context.home,
    config: loaded.config,
    version: context.version,
    to: resolve(context.cwd, folder),
    progress: progressNotes(context.note),
  });
  context.printJson(done);
  context.print(viewOf(done));
  for (const line of remarks(done, loaded.config.blobs.kind)) context.note(line);
  return done.missing.length === 0 ? exit.done : exit.failed;
};

const viewOf = ({ folder, files, bytes, position }: Backup): string =>
  `Backed up to ${folder}: ${plural(files, 'file')}, ${(bytes / 1e6).toFixed(1)} MB, the log up to position ${position}.`;

const mostNamed = 5;

const remarks = ({ missing, skipped }: Backup, blobs: 'folder' | 's3'): readonly string[] => [
  ...(blobs === 's3' ? ['The blobs are in a bucket, which is no part of this: keep it as it is.'] : []),
  ...(missing.length === 0
    ? []
    : [`${plural(missing.length, 'blob')} that the log names ${missing.length === 1 ? 'is' : 'are'} not in the home:`]),
  ...missing.slice(0, mostNamed).map((blob) => `  ${blob}`),
  ...(skipped.length === 0
    ? []
    : [`Left out, because they cannot be read or are no files: ${skipped.slice(0, mostNamed).join(', ')}`]),
];
