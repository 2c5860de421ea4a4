import { Trouble, usage } from '../../../shared/trouble.ts';
import type { Review } from '../../../shared/api/review.ts';
import type { Api } from '../connection/client.ts';
import { cautionLines } from '../cautions-view.ts';
import { coverageSection } from '../coverage-view.ts';
import { changedNames, diffStat, paintPatch } from '../diff-view.ts';
import { exit } from '../exit.ts';
import { explain, runArgument } from '../help.ts';
import type { Define } from '../define.ts';
import { runOf } from '../resolve.ts';
import { visible } from '../../../shared/text/clean.ts';
import type { RunSummary } from '../../../shared/run/summary.ts';

export const define: Define = (command, act) => {
  command
    .argument('[run]', runArgument, 'latest')
    .option('--stat', 'files with the lines added and deleted')
    .option('--name-only', 'paths of the files that changed')
    .option('--patch', 'the patch (this is what you get without an option)')
    .option('--so-far', 'what had changed when the run last began to wait for a person')
    .action(
      act(async (context, run, options) => {
        if ([options.stat, options.nameOnly, options.patch].filter(Boolean).length > 1)
          throw usage('--stat, --name-only and --patch exclude one another.', 'Give one of them.');
        const { api, state } = await runOf(context, run);
        const { id, result, soFar: saved } = state;
        const soFar = options.soFar === true || (result === null && saved !== null);
        const review = await api.call.runs.diff.query({ run: id, soFar });
        const { coverage = [] } = review;
        if (soFar)
          context.note(`Round ${review.round} is not finished: this is what had changed when the run began to wait.`);
        if (context.json) context.printJson(review);
        else if (review.changes.files.length === 0) context.note(nothing(state));
        else if (options.nameOnly === true) context.print(changedNames(review.changes.files).join('\n'));
        else if (options.stat === true)
          context.print(
            [
              diffStat(review.changes.files, context.paint),
              ...cautionLines(review.cautions, context.paint),
              ...coverageSection(coverage, context.paint),
            ].join('\n'),
          );
        else if (context.terminal.outIsTty)
          context.print(paintPatch(visible((await patchOf(api, review)).toString('utf8')), context.paint));
        else context.terminal.out(await patchOf(api, review));
        // Beside a patch, so that a pipe gets nothing but the patch.
        if (!context.json && options.stat !== true && options.nameOnly !== true)
          for (const line of [
            ...cautionLines(review.cautions, context.paint),
            ...coverageSection(coverage, context.paint),
          ])
            context.note(line);
        return exit.done;
      }),
    );
  explain(command, {
    about: `What the run changed, against the tree that it began with: in the last round that it finished, or else by the time
that it asked you something. Into a pipe or a file the patch comes byte for byte, as "git apply" takes it; on a terminal
control characters are made visible.`,
    examples: [
      ['longhaul diff 12 --stat', 'an overview'],
      ['longhaul diff 12 > fix.patch', 'the patch as a file'],
    ],
    json: `{"run", "round", "changes": {"base", "head", "patch", "files": [{"status", "before", "after", "binary",
"additions", "deletions"}, …]}, "cautions": [{"path", "cautions": [{"kind", "text"}, …]}, …], "coverage": [{"command", "files": [{"path", "run",
"missed"}, …]}, …], "patch": the text of the patch, or null where it is over 10 MB}`,
  });
};

const nothing = ({ number, output }: RunSummary): string =>
  output === null
    ? `Run ${number} changed nothing.`
    : `The result of run ${number} is no change of files. Read it: longhaul show ${number}`;

/** The patch as bytes: files in other encodings than UTF-8 would not survive being text. */
const patchOf = async (api: Api, { run, changes, patch }: Review): Promise<Buffer> => {
  const blob = await api.blob(run, changes.patch);
  if (blob !== null) return Buffer.from(blob);
  if (patch !== null) return Buffer.from(patch);
  throw new Trouble('The runner no longer has this patch.', { remedy: 'See the files at least: longhaul diff --stat' });
};
