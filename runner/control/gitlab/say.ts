import { z } from 'zod';
import type { EffectResult, OutputEffect } from '../../../shared/run/effect.ts';
import type { Subject } from '../../../shared/run/output.ts';
import { Trouble } from '../../../shared/trouble.ts';
import type { SayGiven } from '../forges/forge.ts';
import { page, pages } from '../forges/pages.ts';
import { hiddenMark, webUrl } from '../forges/texts.ts';
import { gitLabTrouble, orNull, type GitLab } from './client.ts';
import { marked } from './words.ts';

type On = Pick<Subject, 'kind' | 'number'>;
interface Given extends Omit<SayGiven, 'signal'> {
  readonly gitlab: GitLab;
}

/** As people there say it. */
const nameOf = ({ kind, number }: On): string => `${kind === 'issue' ? 'issue' : 'merge request'} ${number}`;

/** The address of an issue or a merge request. */
export const addressOf = (repository: string, { kind, number }: On): string =>
  `${repository}/-/${kind === 'issue' ? 'issues' : 'merge_requests'}/${number}`;

/** Says a result that is no branch. Throws Trouble, EffectTrouble. */
export const say = (effect: OutputEffect, given: Given): Promise<EffectResult> => {
  switch (effect.kind) {
    case 'answer':
      return publishNote(effect.on, given);
    case 'labels':
      return publishLabels(effect, given.gitlab);
    case 'issue':
      return publishIssue(effect.title, given);
    case 'release':
      throw new Trouble('GitLab has no drafts of releases, and a release is not published without a person.', {
        remedy: 'Make the release there yourself: longhaul show has its text.',
      });
  }
};

/** Whoever wrote it; null: it does not say. */
const author = z.object({ id: z.int() }).nullish().catch(null);
const Note = z.object({ id: z.int().positive(), body: z.string(), author });
const Notes = z.array(Note);

/** Comments on an issue or a merge request, if an earlier attempt has not, whose answer did not come. Throws EffectTrouble. */
export const publishNote = async (on: On, { gitlab, mark, body }: Given): Promise<EffectResult> => {
  const { issueNotes, mergeRequestNotes, project } = gitlab;
  const notes = on.kind === 'issue' ? issueNotes : mergeRequestNotes;
  const result = (id: number, adopted: boolean): EffectResult => ({
    reference: String(id),
    url: webUrl(`${addressOf(gitlab.webUrl, on)}#note_${id}`),
    adopted,
    notes: [],
  });
  try {
    // The newest first: of more than are read it is not among the last.
    const newest = { sort: 'desc', orderBy: 'created_at', perPage: page.per_page } as const;
    const all = await pages(async (at) => ({
      data: Notes.parse(await notes.all(project, on.number, { ...newest, page: at })),
    }));
    const own = await oursAmong(
      gitlab,
      all.filter(({ body: says }) => says.includes(hiddenMark(mark))),
    );
    if (own !== undefined) return result(own.id, true);
    return result(Note.parse(await notes.create(project, on.number, marked(body, mark))).id, false);
  } catch (error) {
    throw gitLabTrouble(`comment on ${nameOf(on)}`, error);
  }
};

const Me = z.object({ id: z.int() });

/**
 * The first of these that this runner's user has written, among those with its mark: anybody can copy one. Where GitLab does not say who it is that asks,
 * the mark alone counts.
 */
const oursAmong = async <Text extends { readonly author?: { readonly id: number } | null | undefined }>(
  { users }: GitLab,
  marked: readonly Text[],
): Promise<Text | undefined> => {
  if (marked.length === 0) return undefined;
  const me = await orNull(users.showCurrentUser());
  return me === null ? marked[0] : marked.find((text) => text.author?.id === Me.parse(me).id);
};

const Labelled = z.object({ web_url: z.string(), labels: z.array(z.string()) });

/** Adds labels; those that are there stay. To GitLab a label in other letters is another label. */
const publishLabels = async (
  { on, labels }: Extract<OutputEffect, { kind: 'labels' }>,
  { issues, mergeRequests, project }: GitLab,
): Promise<EffectResult> => {
  try {
    const isIssue = on.kind === 'issue';
    const there = Labelled.parse(
      isIssue ? await issues.show(on.number, { projectId: project }) : await mergeRequests.show(project, on.number),
    );
    const addLabels = labels.filter((label) => !there.labels.includes(label)).join(',');
    if (addLabels !== '')
      await (isIssue
        ? issues.edit(project, on.number, { addLabels })
        : mergeRequests.edit(project, on.number, { addLabels }));
    return { reference: String(on.number), url: webUrl(there.web_url), adopted: addLabels === '', notes: [] };
  } catch (error) {
    throw gitLabTrouble(`label ${nameOf(on)}`, error);
  }
};

const Issue = z.object({ iid: z.int().positive(), web_url: z.string(), description: z.string().nullish(), author });

/** Makes an issue, if an earlier attempt has not, whose answer did not come. Throws EffectTrouble. */
const publishIssue = async (title: string, { gitlab, mark, body, since }: Given): Promise<EffectResult> => {
  const { issues, project } = gitlab;
  const result = ({ iid, web_url: url }: z.infer<typeof Issue>, adopted: boolean): EffectResult => ({
    reference: String(iid),
    url: webUrl(url),
    adopted,
    notes: [],
  });
  try {
    const newest = { projectId: project, createdAfter: since, orderBy: 'created_at', sort: 'desc' } as const;
    const all = await pages(async (at) => ({
      data: await issues.all({ ...newest, perPage: page.per_page, page: at }),
    }));
    const withMark = z
      .array(Issue)
      .parse(all)
      .filter(({ description }) => description?.includes(hiddenMark(mark)) === true);
    const own = await oursAmong(gitlab, withMark);
    if (own !== undefined) return result(own, true);
    return result(Issue.parse(await issues.create(project, title, { description: marked(body, mark) })), false);
  } catch (error) {
    throw gitLabTrouble('open an issue', error);
  }
};
