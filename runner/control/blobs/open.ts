import { join } from 'node:path';
import type { RunnerConfig } from '../../machine/config/config.ts';
import type { Home } from '../../machine/home/home.ts';
import { BlobError, type Blobs } from './blobs.ts';
import { openBlobFolder } from './folder.ts';
import { mostBytes, openS3 } from './s3.ts';

/** The blobs of a runner, where its settings put them. Throws BlobError where they cannot be had there. */
export const openBlobs = ({ blobs, server }: RunnerConfig, home: Home): Promise<Blobs> => {
  if (blobs.kind === 'folder') return openBlobFolder(home.blobs);
  if (server.maxBlobBytes > mostBytes)
    throw new BlobError(`server.maxBlobBytes is ${server.maxBlobBytes}, and a bucket takes ${mostBytes} at once.`, {
      remedy: `Set it to ${mostBytes} or less.`,
    });
  return openS3({ ...blobs, incoming: join(home.blobs, 'incoming') });
};
