import * as vscode from 'vscode';
import type { DecisionRequest } from '../../../shared/decision/decision.ts';
import type { GivenOutput } from '../../../shared/run/output.ts';
import type { RunState } from '../../../shared/run/state.ts';
import type { ChangedFile } from '../../../shared/run/artifacts.ts';
import { reduce } from '../../../shared/run/reduce.ts';
import { isWhole } from '../../ground/decision/verified.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { isImage } from '../../ground/files/image.ts';
import type { FileThere } from '../../ground/repository/repository.ts';
import { change } from '../../ground/ask/change.ts';
import { ConnectionError } from '../../ground/problem/connection-error.ts';
import { restricted } from '../../ground/problem/where-trusted.ts';
import { decisionPage } from './decision-page.ts';
import type { Page } from '../../ground/page/page.ts';
import type { PageSource } from '../../ground/page/panel.ts';
import { readPublication, type Publication } from './publication.ts';
import { attachedOf, runPage } from './run-page.ts';
import { shownParts } from './parts.ts';
import { readChanges } from './there.ts';
import { thereFor } from './proposal.ts';
import { openPart, readWhole } from './texts.ts';
import { createStory, type Story } from '../../../shared/run/story/story.ts';

/** A run's log as far as it is there, folded. */
interface Followed {
  readonly story: Story;
  readonly state: RunState;
  /** Every decision that was ever asked, as it stands last. */
  readonly requests: ReadonlyMap<string, DecisionRequest>;
}

interface Shown {
  /** Null: that is not known yet. */
  readonly page: (followed: Followed) => Page | null;
  /** Reads what the log itself does not hold, whenever there is more of it; true: the page is another one now. */
  readonly learn: (followed: Followed) => Promise<boolean>;
  /** Looks at what nobody tells of; true: the page is another one now. */
  readonly look: (followed: Followed) => Promise<boolean>;
}

/** A page of a run, live. */
const sourceOf = (longhaul: Longhaul, run: string, shown: Shown): PageSource => {
  const changed = new vscode.EventEmitter<void>();
  const story = createStory();
  const requests = new Map<string, DecisionRequest>();
  let state: RunState | undefined;
  const following = longhaul.runs.follow(run, (events) => {
    for (const event of events) {
      state = reduce(state, event);
      story.add(event);
      const { body } = event;
      if (body.type === 'decision.requested') requests.set(body.request.id, body.request);
      const asked = body.type === 'decision.renewed' ? requests.get(body.decision) : undefined;
      if (body.type === 'decision.renewed' && asked !== undefined)
        requests.set(body.decision, { ...asked, expiresAt: body.expiresAt });
    }
    changed.fire();
    if (state === undefined) return;
    shown.learn({ state, story, requests }).then(
      (more) => more && changed.fire(),
      (error: unknown) => longhaul.log.warn(`page of ${run}: ${String(error)}`),
    );
  });
  return {
    page: () => (state === undefined ? null : shown.page({ state, story, requests })),
    onDidChange: changed.event,
    look: async () => {
      if (state !== undefined && (await shown.look({ state, story, requests }))) changed.fire();
    },
    parts: async (key) => {
      const moment = story.find(key);
      if (moment === undefined) return [];
      return shownParts(moment, await readWhole(longhaul.connection, run, moment.blob));
    },
    image: async (key) => {
      const image = state && attachedOf(state, key);
      if (image === undefined) return null;
      const content = await longhaul.connection.blob(run, image.blob);
      return `data:${image.mediaType};base64,${Buffer.from(content).toString('base64')}`;
    },
    openPart: (key, part) => openPart(longhaul.connection, story, { run, key, part }),
    send: async (text) => {
      if (!vscode.workspace.isTrusted) throw new ConnectionError('refused', restricted, '');
      await change(longhaul, run, (api) => api.runs.message.mutate({ run, text }));
    },
    dispose: () => {
      following.dispose();
      changed.dispose();
    },
  };
};

export const runSource = (longhaul: Longhaul, run: string): PageSource => {
  let known: string | null = null;
  let images: readonly ChangedFile[] = [];
  let given: GivenOutput | null = null;
  let handedOver: string | null = null;
  let printed: string | null = null;
  const learnGiven = async ({ round, output }: RunState): Promise<boolean> => {
    const now = output === null ? null : `${round} ${JSON.stringify(output)}`;
    if (now === handedOver) return false;
    handedOver = now;
    try {
      const api = await longhaul.connection.api();
      const read = now === null ? null : ((await api.runs.diff.query({ run })).output ?? null);
      // What has been handed over meanwhile is newer.
      if (handedOver === now) given = read;
      return true;
    } catch (error) {
      if (handedOver === now) handedOver = null;
      throw error;
    }
  };
  const learnImages = async ({ soFar, result }: RunState): Promise<boolean> => {
    const now = (soFar ?? result)?.changes ?? null;
    if (now === known) return false;
    known = now;
    try {
      const files = now === null ? [] : (await readChanges(longhaul.connection, run, now)).files;
      // What has become known meanwhile is newer.
      if (known !== now) return false;
      images = files.filter(({ before, after }) => isImage((after ?? before)?.path ?? ''));
      return true;
    } catch (error) {
      if (known === now) known = null;
      throw error;
    }
  };
  const learn = async ({ state }: Pick<Followed, 'state'>): Promise<boolean> => {
    const more = await learnGiven(state);
    return (await learnImages(state)) || more;
  };
  return sourceOf(longhaul, run, {
    page: ({ state, story }) => runPage(state, story, { images, given, printed, now: Date.now() }),
    learn,
    look: async ({ state }) => {
      const before = printed;
      printed = state.status === 'working' ? await (await longhaul.connection.api()).runs.printed.query({ run }) : null;
      // What could not be read when it was new is asked for again.
      const more = await learn({ state });
      return more || printed !== before;
    },
  });
};

export const decisionSource = (
  longhaul: Longhaul,
  { run, decision }: { readonly run: string; readonly decision: string },
): PageSource => {
  let there: FileThere | null = null;
  let publication: Publication | null = null;
  const learnPublication = async (request: DecisionRequest): Promise<boolean> => {
    if (request.kind !== 'publish' || publication !== null) return false;
    publication = await readPublication(longhaul.connection, run, request);
    return publication !== null;
  };
  return sourceOf(longhaul, run, {
    page: ({ state, story, requests }) => {
      const request = requests.get(decision);
      if (request === undefined) return null;
      const whole = isWhole({ run, request });
      const known = there ?? { kind: 'other' };
      return decisionPage({ state, decision, request, story, whole, there: known, publication, now: Date.now() });
    },
    look: async ({ requests }) => {
      const request = requests.get(decision);
      return request !== undefined && learnPublication(request);
    },
    learn: async ({ state, requests }) => {
      const request = requests.get(decision);
      if (request?.kind === 'publish') return learnPublication(request);
      if (there !== null || request === undefined) return false;
      there = { kind: 'other' };
      there = await thereFor(longhaul.connection, state, request);
      return true;
    },
  });
};
