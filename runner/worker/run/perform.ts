import type { WorkerEvent } from '../../../shared/run/events.ts';
import type { Next } from './next/next-step.ts';
import type { StepContext } from './ports/ports.ts';
import { ask } from './steps/ask.ts';
import { saveForPerson } from './steps/changes.ts';
import { concludeCall, runCall } from './steps/call.ts';
import { releaseCall } from './steps/hold.ts';
import { giveUp, setUp } from './steps/command.ts';
import { finish } from './steps/finish.ts';
import { judgeNext } from './steps/judge.ts';
import { mergeWithBase, moveBase } from './steps/merge.ts';
import { prepare } from './steps/prepare.ts';
import { compact, takeTurn } from './steps/turn.ts';
import { verify } from './steps/verify.ts';

/** Steps that the loop itself carries out, because they end it or let time pass. */
type Step = Exclude<Next, { do: 'sleep' | 'stop' }>;

/** What has to be on record before a step with consequences begins, so that a crash in its middle can be seen. */
export const announce = (step: Step, context: Pick<StepContext, 'state'>): readonly WorkerEvent[] => {
  const { task } = context.state;
  switch (step.do) {
    case 'prepare':
      return [{ type: 'prepare.started', v: 1 }];
    case 'setup':
      return [{ type: 'setup.started', v: 1, index: step.index, command: task.setup[step.index]?.command ?? '' }];
    case 'turn':
      // A background response goes on where it was: its start is on record.
      return step.responseId === null
        ? [{ type: 'model.started', v: 1, turn: step.turn, attempt: step.attempt, purpose: 'turn' }]
        : [];
    case 'compact':
      return [{ type: 'model.started', v: 1, turn: step.turn, attempt: step.attempt, purpose: 'compaction' }];
    case 'call': {
      const { id, attempt, arguments: args } = step.call;
      return [{ type: 'call.started', v: 1, call: id, attempt: attempt + 1, arguments: args }];
    }
    case 'verify': {
      const command = task.verification[step.index]?.command ?? '';
      return [{ type: 'verification.started', v: 1, index: step.index, command }];
    }
    case 'move base':
    case 'merge':
    case 'write off':
    case 'ask':
    case 'judge':
    case 'release':
    case 'conclude':
    case 'give up':
    case 'repair':
    case 'finish':
    case 'fail':
    case 'park':
      return [];
  }
};

/** Does one bounded step and returns the events that came of it; none if it was aborted. */
export const perform = async (step: Step, context: StepContext): Promise<readonly WorkerEvent[]> => {
  switch (step.do) {
    case 'prepare':
      return prepare(context);
    case 'move base':
      return moveBase(context, step);
    case 'setup':
      return setUp(context, step);
    case 'merge':
      return mergeWithBase(context, step);
    case 'turn':
      return takeTurn(context, step);
    case 'compact':
      return compact(context, step);
    case 'write off':
      return [{ type: 'model.lost', v: 1, turn: step.turn, attempt: step.attempt }];
    case 'ask':
      return ask(context, step.question);
    case 'call':
      return runCall(context, step);
    case 'judge':
      return judgeNext(context, step.call);
    case 'release':
      return releaseCall(context, step.call);
    case 'conclude':
      return concludeCall(context, step);
    case 'give up':
      return giveUp(context, step);
    case 'verify':
      return verify(context, step);
    case 'repair':
      return [{ type: 'repair.requested', v: 1, repair: step.repair }];
    case 'finish':
      return finish(context, step);
    case 'fail':
      return [
        { type: 'activation.ended', v: 2, until: null },
        { type: 'run.failed', v: 1, class: step.class, message: step.message },
      ];
    case 'park':
      return [
        ...(step.until.kind !== 'time' ? await saveForPerson(context) : []),
        { type: 'activation.ended', v: 2, until: step.until },
      ];
  }
};
