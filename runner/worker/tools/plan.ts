import { defineTool, done } from './tool.ts';

export const plan = defineTool({
  name: 'plan',
  description:
    'Write down the plan: all of its steps, each pending, active or done. People watch it, and it survives when older turns are summed up. For tasks of more than two or three steps.',
  run: ({ steps }) => ({ ...done('The plan is noted.'), record: { plan: steps } }),
});
