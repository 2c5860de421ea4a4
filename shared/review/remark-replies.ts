import type { RunEvent } from '../run/events.ts';
import type { Reply } from '../run/effect.ts';
import { passed, type RunState } from '../run/state.ts';
import { isOf } from '../run/story/moment.ts';
import { createStory } from '../run/story/story.ts';
import { plural } from '../text/figures.ts';
import { writesOf } from './authors.ts';

/** Remarks that are answered. */
const mostReplies = 50;

/**
 * What became of each remark that this round was asked for with: which calls of it wrote to that file, and what verification came to. From the log, and
 * not from what the agent says, which stands in the comment on the round. Nothing of the remark, and of the agent's, is repeated;
 * whether it is settled is the reviewer's to say.
 */
export const repliesTo = (run: RunState, events: readonly RunEvent[]): readonly Reply[] => {
  const asked = events.findLast(({ body }) => body.type === 'review.decided' && body.verdict === 'changes')?.body;
  if (asked?.type !== 'review.decided' || asked.from !== 'person') return [];
  const story = createStory();
  for (const event of events) story.add(event);
  const ofRound = story.moments.filter(isOf('call')).filter(({ round }) => round === run.round);
  const writes = writesOf(ofRound);
  const ran = run.verification.length;
  const good = run.verification.filter(passed).length;
  const checked =
    ran === 0
      ? 'Nothing was run to verify it.'
      : `Longhaul ran ${plural(ran, 'command')} to verify it: ${good} passed.`;
  return asked.comments.slice(0, mostReplies).flatMap(({ id, path }) => {
    if (id === undefined) return [];
    const calls = new Map(writes.filter((write) => pathOf(write) === path).map((call) => [call.number, call.tool]));
    const named = [...calls].map(([number, tool]) => `${number} (${tool})`).join(', ');
    const did =
      calls.size === 0
        ? `No call of round ${run.round} wrote to this file by itself; what was done is in the comment on the round.`
        : `Round ${run.round} changed this file: call${calls.size === 1 ? '' : 's'} ${named}.`;
    return [{ to: id, text: `${did} ${checked}`, resolve: false }];
  });
};

const pathOf = ({ path }: { readonly path: string }): string => path.replace(/^\.\//, '');
