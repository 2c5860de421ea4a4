import * as vscode from 'vscode';
import type { DecisionRequest } from '../../../shared/decision/decision.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { reduce } from '../../../shared/run/reduce.ts';
import { isWhole } from '../../ground/decision/verified.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { change } from '../../ground/ask/change.ts';
import { ConnectionError } from '../../ground/problem/connection-error.ts';
import { restricted } from '../../ground/problem/where-trusted.ts';
import { decisionPage } from './decision-page.ts';
import type { Page } from '../../ground/page/page.ts';
import type { PageSource } from '../../ground/page/panel.ts';
import { runPage } from './run-page.ts';
import { clean, visible } from '../../../shared/text/clean.ts';
import type { Part } from '../../../shared/run/story/moment.ts';
import { createStory, type Story } from '../../../shared/run/story/story.ts';

/** Characters of an output that a page shows. */
const outputCharacters = 1_000_000;

/** A run's log as far as it is there, folded. */
interface Followed {
  readonly story: Story;
  readonly state: RunState;
  /** Every decision that was ever asked, as it stands last. */
  readonly requests: ReadonlyMap<string, DecisionRequest>;
}

/** A page of a run, live. `pageOf` null: that is not known yet. */
const sourceOf = (longhaul: Longhaul, run: string, pageOf: (followed: Followed) => Page | null): PageSource => {
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
  });
  return {
    page: () => (state === undefined ? null : pageOf({ state, story, requests })),
    onDidChange: changed.event,
    parts: async (key) => {
      const moment = story.find(key);
      if (moment === undefined) return [];
      if (moment.blob === null) return moment.parts;
      const text = new TextDecoder().decode(await longhaul.connection.blob(run, moment.blob));
      const isPatch = moment.about.kind === 'changes';
      const what = isPatch ? 'Patch' : 'Output';
      const whole = isPatch ? visible(text) : clean(text);
      const shown: Part = {
        label: whole.length > outputCharacters ? `${what} (its first million characters)` : what,
        text: whole.slice(0, outputCharacters),
      };
      return [...moment.parts.filter(({ label }) => label !== 'Output'), shown];
    },
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

export const runSource = (longhaul: Longhaul, run: string): PageSource =>
  sourceOf(longhaul, run, ({ state, story }) => runPage(state, story, Date.now()));

export const decisionSource = (
  longhaul: Longhaul,
  { run, decision }: { readonly run: string; readonly decision: string },
): PageSource =>
  sourceOf(longhaul, run, ({ state, story, requests }) => {
    const request = requests.get(decision);
    if (request === undefined) return null;
    const whole = isWhole({ run, request });
    return decisionPage({ state, decision, request, story, whole, now: Date.now() });
  });
