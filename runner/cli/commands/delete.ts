import { usage } from '../../../shared/trouble.ts';
import { cleanLine } from '../../../shared/text/clean.ts';
import { deletionText, type Deletion } from '../../../shared/api/deletion.ts';
import type { CommandContext } from '../context.ts';
import { exit } from '../exit.ts';
import { explain, runArgument } from '../help.ts';
import type { Define } from '../define.ts';
import { runOf } from '../resolve.ts';

export const define: Define = (command, act) => {
  command
    .argument('<run>', runArgument)
    .option('-y, --yes', 'do not ask')
    .action(
      act(async (context, run, options) => {
        if (!/^(#?\d+|run_[a-z0-9]{4,})$/.test(run))
          throw usage(
            `${JSON.stringify(run)} does not say well enough which run is meant.`,
            'Give its number, or its id.',
          );
        const { api, state } = await runOf(context, run);
        const told = await api.call.runs.deletion.query({ run: state.id });
        if (options.yes !== true && !(await isConfirmed(context, told))) {
          context.note('Nothing was deleted.');
          context.printJson({ error: { code: 'declined', message: 'Nothing was deleted.', remedy: '' } });
          return exit.failed;
        }
        const deleted = await api.call.runs.delete.mutate({ run: state.id });
        context.printJson({ deleted });
        context.print(`Run ${deleted.number} is deleted.`);
        return exit.done;
      }),
    );
  explain(command, {
    about: `For a run that is over, by whoever delegated it or an admin. Says what goes, and asks for the run's number: its log, what was
stored for it and its folder go for good. Your repository stays as it is. To have it out of the lists only: longhaul archive.
Without a terminal --yes is needed.`,
    examples: [
      ['longhaul delete 12', 'see what goes, and say yes or no'],
      ['longhaul delete 12 --yes', 'from a script'],
    ],
    json: '{"deleted": {"run", "number", "title", "events", "contents", "bytes", "folder"}}',
    exits: [[1, 'failed, or you said no; nothing was deleted']],
  });
};

const isConfirmed = async (context: CommandContext, told: Deletion): Promise<boolean> => {
  if (!context.terminal.interactive) throw usage('Deleting needs a person.', 'Delete it at a terminal, or say --yes.');
  context.note(`Run ${told.number}, "${cleanLine(told.title)}". ${deletionText(told)}`);
  const answer = await context.terminal.ask(`Type ${told.number} to delete it: `);
  return (answer ?? '').trim() === String(told.number);
};
