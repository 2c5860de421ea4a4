import { defineTool, failed } from './tool.ts';

/** Only its description is of use: the loop asks the person, and the answer becomes the call's output. */
export const ask = defineTool({
  name: 'ask',
  description:
    'Ask a person, where the goal leaves open what only they can know or decide. The run pauses until they answer, perhaps for days: do first what does not depend on it, and do not ask what the repository can tell.',
  run: () => failed('Nobody was asked.'),
});
