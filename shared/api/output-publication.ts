import { z } from 'zod';
import { RunId } from '../ids.ts';
import { BlobHash } from '../run/artifacts.ts';
import { Label, ReleaseTag, Subject } from '../run/output.ts';
import { isBlank, showsWhole } from '../text/clean.ts';
import { RemoteUrl } from '../run/source.ts';
import { Secrets } from './publication.ts';

export const OutputPublicationInput = z.strictObject({
  run: RunId,
  /** Of a new issue and of a release. Null: where the code came from. */
  remote: RemoteUrl.nullable().default(null),
});
export type OutputPublicationInput = z.infer<typeof OutputPublicationInput>;

const on = Subject.pick({ kind: true, number: true });
const hidden = { error: 'it has control characters, which whoever looks at it would not see' };
const seen = { error: 'expected something that can be seen' };
const title = z
  .string()
  .trim()
  .max(250)
  .refine((text) => !isBlank(text), seen)
  .refine(showsWhole, hidden);
/** Markdown. */
const body = z
  .string()
  .trim()
  .max(65_000)
  .refine((text) => !isBlank(text), seen)
  .refine(showsWhole, hidden);

/** What is published of a result that is no diff: all of it was shown to whoever asks for it, and that and nothing else is done. */
export const PublishOutputInput = z.strictObject({
  run: RunId,
  round: z.int().positive(),
  patch: BlobHash,
  remote: RemoteUrl,
  what: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('answer'), on, body }),
    z.strictObject({ kind: z.literal('labels'), on, labels: z.array(Label).min(1) }),
    z.strictObject({ kind: z.literal('issue'), title, body }),
    z.strictObject({ kind: z.literal('release'), tag: ReleaseTag, title, body }),
  ]),
  ...Secrets,
});
export type PublishOutputInput = z.infer<typeof PublishOutputInput>;
