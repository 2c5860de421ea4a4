import { usage } from '../../../shared/trouble.ts';
import { resolve } from 'node:path';
import { plural } from '../../../shared/text/figures.ts';
import { exit } from '../exit.ts';
import { explain } from '../help.ts';
import { progressNotes } from '../progress.ts';
import type { Define } from '../define.ts';

export const define: Define = (command, act) => {
  command.argument('<folder>', 'of a back-up, as longhaul backup made it').action(
    act(async (context, folder) => {
      if (context.remote !== null)
        throw usage('A home is restored on its own machine, not elsewhere.', 'Leave out --url and LONGHAUL_URL.');
      const { restore } = await import('../../control/backup/restore.ts');
      const { header, ...done } = await restore({
        from: resolve(context.cwd, folder),
        home: context.home,
        progress: progressNotes(context.note),
      });
      const { position, madeAt, store, missing } = header;
      context.printJson({ ...done, store, position, madeAt, missing });
      context.print(
        `Restored ${plural(done.files, 'file')}, ${(done.bytes / 1e6).toFixed(1)} MB, into ${done.home}: the log up to position ${position}, as it was at ${madeAt}.`,
      );
      if (done.dump !== null)
        context.note(
          `The database is still to come: pg_restore --exit-on-error --no-owner --dbname "$LONGHAUL_DATABASE_URL" ${done.dump}\nInto an empty one, before a runner is started on it.`,
        );
      if (missing.length > 0)
        context.note(`${plural(missing.length, 'blob')} that the log names were missing in the home already.`);
      return exit.done;
    }),
  );
  explain(command, {
    about: `Puts a back-up into a home that is empty or not there. All of it is checked first, by size and SHA-256; if anything is not as
it was copied, nothing is written. Runs that were open go on when a runner starts: those that worked, from their last checkpoint.
What was done after the back-up is gone. Never start the old home as well: both would work on the same runs.`,
    examples: [['longhaul restore /mnt/backups/2026-03-01 --home /var/lib/longhaul', 'then: longhaul serve']],
    json: '{"home", "files", "bytes", "dump": path or null, "store", "position", "madeAt", "missing": […]}',
  });
};
