import { join } from 'node:path';
import { Trouble } from '../../../shared/trouble.ts';
import type { RunnerConfig } from '../../machine/config/config.ts';
import type { Home } from '../../machine/home/home.ts';
import { type Blobs } from './blobs.ts';
import { openBlobFolder } from './folder.ts';
import { mostBytes, openS3 } from './s3.ts';

/** The blobs of a runner, where its settings put them. Throws Trouble where they cannot be had there. */
export const openBlobs = ({ blobs, server }: RunnerConfig, home: Home): Promise<Blobs> => {
  if (blobs.kind === 'folder') return openBlobFolder(home.blobs);
  if (server.maxBlobBytes > mostBytes)
    throw new Trouble(`server.maxBlobBytes is ${server.maxBlobBytes}, and a bucket takes ${mostBytes} at once.`, {
      remedy: `Set it to ${mostBytes} or less.`,
    });
  return openS3({ ...blobs, incoming: join(home.blobs, 'incoming') });
};
