import { findGroups, type GroupsFound } from '../../sandbox/namespaces/control-group.ts';
import { ok, type Check } from '../../machine/check.ts';

/** Whether the kernel can limit a command as a whole. Nothing is missing where it cannot: the other limits hold all the same. */
export const controlGroupCheck = async (find: () => Promise<GroupsFound> = findGroups): Promise<Check> => {
  const found = await find();
  if (found.outcome === 'found')
    return ok(
      'control groups',
      `started from here, the kernel limits ${found.controllers.join(' and ')} of a command as a whole`,
    );
  return ok(
    'control groups',
    `none, started from here: ${found.reason}; memory is looked at 20 times a second instead. To have them, ${found.remedy}`,
  );
};
