import { Trouble } from '../../../shared/trouble.ts';
import { isSystemError } from '../../machine/home/home.ts';

/** What an error of listening means for whoever starts the runner. */
export const listenError = (error: unknown, host: string): unknown => {
  if (!isSystemError(error)) return error;
  const port = 'port' in error && typeof error.port === 'number' ? error.port : null;
  if (error.code === 'EADDRINUSE')
    return new Trouble(`Port ${port ?? '?'} of ${host} is taken by another program.`, {
      remedy: 'Stop that program, or choose another port with --port (0: any free one).',
      code: error.code,
      cause: error,
    });
  return new Trouble(`Cannot listen on ${host}: ${error.message}.`, {
    remedy: 'Choose another address with --host or another port with --port.',
    ...(error.code !== undefined && { code: error.code }),
    cause: error,
  });
};
