import { createHash } from 'node:crypto';
import { checkText } from '../../shared/review/check-report.ts';
import { linesText, patchedFiles, sumText, type PatchedFile } from '../../shared/review/patched-files.ts';
import type { Effect } from '../../shared/run/effect.ts';
import { publishArguments } from '../../shared/run/publish-decision.ts';
import { publicationParts } from '../../shared/run/story/publication.ts';
import type { DecisionSummary } from '../../shared/run/summary.ts';
import { clean } from '../../shared/text/clean.ts';
import type { Api } from './connection/client.ts';
import type { Paint } from './paint.ts';
import { table } from './table.ts';
import { indent } from './text.ts';

/** What a decision about publishing names by its hash. A text that is null is not to be had as it was asked about. */
export interface Published {
  readonly texts: readonly { readonly label: string; readonly text: string | null }[];
  /** Null: the patch is not to be had as it was asked about. */
  readonly files: readonly PatchedFile[] | null;
}

/** Null: the decision is about something else. */
export const readPublished = async (
  api: Pick<Api, 'blob'>,
  { run, request }: DecisionSummary,
): Promise<Published | null> => {
  const asked = publishArguments(request);
  if (asked === null) return null;
  const read = async (hash: string): Promise<string | null> => {
    const blob = await api.blob(run, hash);
    // Looked at here, so that no runner can have one text shown and another approved.
    return blob !== null && createHash('sha256').update(blob).digest('hex') === hash
      ? Buffer.from(blob).toString('utf8')
      : null;
  };
  const texts: Published['texts'][number][] = [];
  for (const effect of asked.effects) if ('body' in effect) texts.push(await textOf(effect, read));
  const patch = await read(asked.patch);
  return { texts, files: patch === null ? null : patchedFiles(patch) };
};

const textOf = async (
  { kind, body }: Extract<Effect, { body: string }>,
  read: (hash: string) => Promise<string | null>,
): Promise<Published['texts'][number]> => {
  const text = await read(body);
  if (kind === 'check') return { label: 'Check', text: text === null ? null : checkText(text) };
  return { label: kind === 'comment' ? 'Comment' : 'Text', text };
};

/** What would be published, whole; null: the decision is about something else. `published` null: without what it names by its hash. */
export const publicationView = (
  { request }: DecisionSummary,
  published: Published | null,
  paint: Paint,
): string | null => {
  const parts = publicationParts(request);
  if (parts === null) return null;
  const title = (text: string): string => `  ${paint.dim(text)}`;
  const missing = paint.red('It cannot be read as it was asked about: do not approve it.');
  const files = (found: Published['files']): string =>
    found === null
      ? missing
      : [
          ...table(
            found.map((file) => [linesText(file), file.path]),
            [0],
          ),
          sumText(found),
        ].join('\n');
  return [
    ...parts.map(({ label, text }) => `  ${paint.dim(label.padEnd(13))} ${indent(text, ' '.repeat(16)).trimStart()}`),
    ...(published === null
      ? []
      : [
          ...published.texts.flatMap(({ label, text }) => [
            title(label),
            indent(text === null ? missing : clean(text).trimEnd(), '    '),
          ]),
          title('Files'),
          indent(files(published.files), '    '),
        ]),
  ].join('\n');
};
