import type { PreparedTree, RunState } from '../../shared/run/state.ts';

/** The tree of a run that has one. Throws where it was not prepared: the test is wrong then. */
export const preparedTree = ({ id, tree }: RunState): PreparedTree => {
  if (tree.status === 'unprepared') throw new Error(`run ${id} is not prepared`);
  return tree;
};
