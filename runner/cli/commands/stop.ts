import { setTimeout as delay } from 'node:timers/promises';
import { Trouble } from '../../../shared/trouble.ts';
import { connect } from '../connection/client.ts';
import { findRunner, type RunnerFile } from '../../local/find-runner.ts';
import { isRunning } from '../../machine/processes/process-start.ts';
import { exit } from '../exit.ts';
import { explain } from '../help.ts';
import type { Define } from '../define.ts';

/** ms that it may take to write what it has to write, and to end its workers. */
const stopMs = 20_000;
/** ms between looks: of another process's end nobody is told. */
const lookMs = 25;

export const define: Define = (command, act) => {
  command.action(
    act(async (context) => {
      if (context.remote !== null) {
        await (await context.runner()).call.runner.shutdown.mutate();
        context.printJson({ stopped: true, pid: null });
        context.print(`The runner at ${context.remote.url} is stopping.`);
        return exit.done;
      }
      const found = await findRunner(context.home);
      if (found.outcome === 'none' || found.outcome === 'dead') {
        context.printJson({ stopped: false, pid: null });
        context.print('No runner is running.');
        return exit.done;
      }
      const { file } = found;
      if (found.outcome === 'running')
        await connect({ url: file.url, token: found.token }).call.runner.shutdown.mutate();
      else process.kill(file.pid, 'SIGTERM');
      await untilGone(file);
      context.printJson({ stopped: true, pid: file.pid });
      context.print('The runner is stopped.');
      return exit.done;
    }),
  );
  explain(command, {
    about: `Runs that work are left where they are and go on, with nothing done twice, when a runner starts again: any command
that needs it starts it.`,
    examples: [
      ['longhaul stop', 'stop it'],
      ['longhaul stop && OPENAI_API_KEY=… longhaul serve --detach', 'start it with another key'],
    ],
    json: '{"stopped": true | false, "pid": number or null}; false: none was running.',
  });
};

const untilGone = async (file: RunnerFile): Promise<void> => {
  for (const end = Date.now() + stopMs; Date.now() < end; await delay(lookMs)) {
    if (!isRunning(file)) return;
  }
  throw new Trouble(`The runner (process ${file.pid}) does not stop.`, {
    remedy: `End it with: kill -9 ${file.pid}. Nothing that was recorded is lost by that.`,
  });
};
