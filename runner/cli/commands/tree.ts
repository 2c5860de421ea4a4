import { isUtf8 } from 'node:buffer';
import { readTree, readTreeFile } from '../../../shared/client/tree.ts';
import { shownPath, visible } from '../../../shared/text/clean.ts';
import { Trouble } from '../../../shared/trouble.ts';
import type { CommandContext } from '../context.ts';
import type { Define } from '../define.ts';
import { exit } from '../exit.ts';
import { explain, runArgument } from '../help.ts';
import { runOf } from '../resolve.ts';

export const define: Define = (command, act) => {
  command
    .argument('[run]', runArgument, 'latest')
    .argument('[path]', 'a file to print, or a folder to list')
    .action(
      act(async (context, run, path = '') => {
        const { api, state } = await runOf(context, run);
        const { tree, files, whole } = await readTree(api.call, { run: state.id });
        const wanted = path.replace(/^(?:\.?\/)+|^\.$|\/+$/g, '');
        if (files.includes(wanted)) {
          const file = await readTreeFile(api.call, { run: state.id, tree, path: wanted });
          context.printJson({ run: state.id, tree, path: wanted, ...file });
          printFile(context, Buffer.from(file.content, 'base64'));
          return exit.done;
        }
        const listed = wanted === '' ? files : files.filter((file) => file.startsWith(`${wanted}/`));
        if (listed.length === 0 && wanted !== '')
          throw new Trouble(`The tree of run ${state.number} has no ${shownPath(wanted)}.`, {
            remedy: `List what it has with: longhaul tree ${state.number}`,
            code: 'not_found',
          });
        context.printJson({ run: state.id, tree, files: listed, whole });
        if (listed.length > 0) context.print(listed.map(shownPath).join('\n'));
        if (!whole) context.note(`The tree has more files than these ${files.length}.`);
        return exit.done;
      }),
    );
  explain(command, {
    about: `The files of a run as it saved them last: by its last checkpoint while it works, or by the end of its last round.
With a path that file, or the files below that folder. Ignored files are not among them. Into a pipe or a file the content comes
byte for byte; on a terminal control characters are made visible. Of a symbolic link it is where it leads. A tree is kept on the runner's machine
until its run is over, and for some days after a run that can be resumed.`,
    examples: [
      ['longhaul tree 12', 'all files'],
      ['longhaul tree 12 src', 'those below a folder'],
      ['longhaul tree 12 src/parse.ts', 'a file as the agent has it'],
    ],
    json: `{"run", "tree", "files": [path, …], "whole"}: "whole" false where there are more; or of a file
{"run", "tree", "path", "mode", "content"}: git's mode, and the content in base64.`,
  });
};

const printFile = ({ json, terminal, note }: CommandContext, content: Buffer): void => {
  if (json) return;
  if (!terminal.outIsTty) terminal.out(content);
  else if (!isUtf8(content) || content.includes(0))
    note(`It is no text: ${content.length} bytes. Send them into a file to have them.`);
  else terminal.out(visible(content.toString('utf8')));
};
