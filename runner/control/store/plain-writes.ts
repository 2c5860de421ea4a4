import { performOnAudit, type AuditWrite } from './audit-writes.ts';
import { performOnBlobs, type BlobWrite, type Forgotten } from './blob-writes.ts';
import { performOnEvents, type EventWrite, type Recorded } from './event-writes.ts';
import { performOnRepositories, type RepositoryWrite } from './repository-writes.ts';
import type { Database } from './schema.ts';
import { performOnTriggers, type TriggerWrite } from './trigger-writes.ts';
import { performOnTrust, type TrustWrite } from './trust-writes.ts';

/** A write of which no event comes. */
export type PlainWrite = AuditWrite | TrustWrite | TriggerWrite | RepositoryWrite | EventWrite | BlobWrite;

export const performPlain = (db: Database, write: PlainWrite): Promise<Forgotten | Recorded | null> => {
  switch (write.kind) {
    case 'audit':
      return performOnAudit(db, write);
    case 'trust':
      return performOnTrust(db, write);
    case 'enable trigger':
    case 'disable trigger':
    case 'trigger handled':
    case 'publish tried':
      return performOnTriggers(db, write);
    case 'add repository':
    case 'remove repository':
    case 'repository look':
      return performOnRepositories(db, write);
    case 'outside event':
    case 'event handled':
    case 'forget events':
      return performOnEvents(db, write);
    case 'blob':
    case 'upload':
    case 'forget blobs':
      return performOnBlobs(db, write);
  }
};
