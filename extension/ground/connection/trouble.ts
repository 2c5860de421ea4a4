import { Trouble } from '../../../shared/trouble.ts';
import { problemOf } from '../problem/problem.ts';
import { ConnectionError } from '../problem/connection-error.ts';

/** Why no runner could be reached, from whatever was thrown on the way. */
export const connectionErrorOf = (error: unknown): ConnectionError => {
  if (error instanceof ConnectionError) return error;
  if (error instanceof Trouble) return new ConnectionError('refused', error.message, error.remedy);
  const problem = problemOf(error);
  switch (problem.code) {
    case 'unreachable':
      return new ConnectionError(
        'unreachable',
        'The runner does not answer.',
        'Check the network and the setting longhaul.url.',
      );
    case 'unauthorized':
      return new ConnectionError('unauthorized', problem.message, problem.remedy);
    case 'unavailable':
      return new ConnectionError('unreachable', problem.message, problem.remedy);
    case 'invalid':
    case 'refused':
    case 'internal':
      return new ConnectionError('refused', problem.message, problem.remedy);
  }
};
