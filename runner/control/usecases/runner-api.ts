import type { RunnerApi } from '../../../shared/api/runner-api.ts';
import { apply, recordApplied } from './apply.ts';
import { archive, deleteRun, deletion, unarchive } from './archive.ts';
import { exportAudit, listAudit, verifyAudit } from './audit.ts';
import { delegate } from './delegate.ts';
import { diff } from './diff.ts';
import { asPerson, type ControlPlane } from './plane.ts';
import { publication, publish } from './publish.ts';
import { outputPublication, publishOutput } from './publish-output.ts';
import { recipes } from './recipes.ts';
import { remoteRefs } from './remotes.ts';
import { addRepository, removeRepository, repositories } from './repositories.ts';
import { pause, retry } from './retry.ts';
import { preview } from './preview.ts';
import { cancel, decide, message, renew, review } from './answer.ts';
import { events, get, info, list, printed } from './runs.ts';
import { tree, treeFile } from './tree.ts';
import { disableTrigger, enableTrigger, fireTrigger, showTrigger, triggers } from './triggers.ts';

/** What people can ask, over one control plane, and is answered once. Refusals are thrown as RefusedError; nothing else is expected. */
export const runnerApi = (plane: ControlPlane): Omit<RunnerApi, 'feed'> => ({
  info: (caller) => info(plane, caller),
  delegate: (caller, input) => delegate(plane, caller, input),
  preview: (caller, input) => preview(plane, caller, input),
  recipes: (caller, input) => recipes(caller, input),
  triggers: (caller, input) => triggers(plane, caller, input),
  showTrigger: (caller, input) => showTrigger(plane, caller, input),
  enableTrigger: (caller, input) => enableTrigger(plane, caller, input),
  disableTrigger: (caller, input) => disableTrigger(plane, caller, input),
  fireTrigger: (caller, input) => fireTrigger(plane, caller, input),
  repositories: (caller, input) => repositories(plane, caller, input),
  addRepository: (caller, input) => addRepository(plane, caller, input),
  removeRepository: (caller, input) => removeRepository(plane, caller, input),
  list: (caller, input) => list(plane, caller, input),
  get: (caller, input) => get(plane, caller, input),
  events: (caller, input) => events(plane, caller, input),
  decisions: async (caller) => plane.store.openDecisions(asPerson(caller).tenant),
  decide: (caller, input) => decide(plane, caller, input),
  renew: (caller, input) => renew(plane, caller, input),
  printed: (caller, input) => printed(plane, caller, input),
  message: (caller, input) => message(plane, caller, input),
  diff: (caller, input) => diff(plane, caller, input),
  tree: (caller, input) => tree(plane, caller, input),
  treeFile: (caller, input) => treeFile(plane, caller, input),
  review: (caller, input) => review(plane, caller, input),
  apply: (caller, input) => apply(plane, caller, input),
  recordApplied: (caller, input) => recordApplied(plane, caller, input),
  remoteRefs: (caller, input) => remoteRefs(plane, caller, input),
  publication: (caller, input) => publication(plane, caller, input),
  publish: (caller, input) => publish(plane, caller, input),
  outputPublication: (caller, input) => outputPublication(plane, caller, input),
  publishOutput: (caller, input) => publishOutput(plane, caller, input),
  cancel: (caller, input) => cancel(plane, caller, input),
  archive: (caller, input) => archive(plane, caller, input),
  unarchive: (caller, input) => unarchive(plane, caller, input),
  deletion: (caller, input) => deletion(plane, caller, input),
  delete: (caller, input) => deleteRun(plane, caller, input),
  pause: (caller, input) => pause(plane, caller, input),
  retry: (caller, input) => retry(plane, caller, input),
  audit: (caller, input) => listAudit(plane, caller, input),
  verifyAudit: (caller, input) => verifyAudit(plane, caller, input),
  exportAudit: (caller, input) => exportAudit(plane, caller, input),
  shutdown: async () => {
    plane.shutdown();
    return { stopping: true };
  },
});
