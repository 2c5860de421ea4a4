import { explain, runArgument } from '../help.ts';
import { wholeNumber } from '../options.ts';
import type { Define } from '../define.ts';
import { stateOf } from '../resolve.ts';
import { watchExits, watchJson, watchRun } from '../watch-run.ts';

export const define: Define = (command, act) => {
  command
    .argument('[run]', runArgument, 'latest')
    .option('--until-decision', 'end when it waits for a decision or is paused, also at a terminal')
    .option('--after <seq>', 'leave out the events up to this one', wholeNumber({ least: 0, most: 1e9 }), 0)
    .option(
      '--message-lines <count>',
      'lines of what the model says, per turn',
      wholeNumber({ least: 0, most: 1e6 }),
      4,
    )
    .action(
      act(async (context, run, options) => {
        const { api, state } = await stateOf(context, run);
        const untilDecision = options.untilDecision === true || context.json || !context.terminal.outIsTty;
        const { after, messageLines } = options;
        return watchRun(context, api, { run: state, after, untilDecision, messageLines });
      }),
    );
  explain(command, {
    about: `Prints what happened so far and what happens from now on, until the run is over or ready for review. When it waits
for a decision, or is paused, a terminal shows what it waits for and goes on watching: decide it, or resume it, in another
one. Without a terminal, and with --json, the watch ends there, with 3.
It survives a restart of the runner; a local runner that died is started again. Ctrl-C leaves the run working.`,
    examples: [
      ['longhaul watch', 'the latest run'],
      ['longhaul watch 12 --until-decision; test $? = 3 && longhaul decisions', 'in a script'],
    ],
    json: watchJson,
    exits: watchExits,
  });
};
