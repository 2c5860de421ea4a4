import type { Status } from '../../../shared/run/state.ts';
import type { Icon } from '../node/node.ts';

/** What a run is drawn as, wherever it has a row. `failing`: commands of its verification did not pass. */
export const statusIcon = (status: Status, failing: boolean): Icon => {
  switch (status) {
    case 'queued':
    case 'ready':
      return ['circle-large-outline'];
    case 'working':
      return ['loading~spin', 'charts.blue'];
    case 'waiting':
      return ['clock'];
    case 'reviewing':
      return ['git-pull-request', failing ? 'testing.iconFailed' : 'charts.blue'];
    case 'accepted':
      return failing ? ['warning', 'testing.iconFailed'] : ['pass-filled', 'testing.iconPassed'];
    case 'completed':
      return failing ? ['warning', 'testing.iconFailed'] : ['pass'];
    case 'rejected':
      return ['circle-slash'];
    case 'failed':
      return ['error', 'testing.iconFailed'];
    case 'cancelled':
      return ['debug-stop'];
  }
};
