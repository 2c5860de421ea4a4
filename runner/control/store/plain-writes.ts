import { performOnBlobs, type BlobWrite, type Forgotten } from './blob-writes.ts';
import type { Database } from './schema.ts';
import { performOnTriggers, type TriggerWrite } from './trigger-writes.ts';
import { performOnTrust, type TrustWrite } from './trust-writes.ts';

/** A write of which no event comes. */
export type PlainWrite = TrustWrite | TriggerWrite | BlobWrite;

export const performPlain = (db: Database, write: PlainWrite): Promise<Forgotten | null> => {
  switch (write.kind) {
    case 'trust':
      return performOnTrust(db, write);
    case 'enable trigger':
    case 'disable trigger':
    case 'trigger handled':
      return performOnTriggers(db, write);
    case 'blob':
    case 'upload':
    case 'forget blobs':
      return performOnBlobs(db, write);
  }
};
