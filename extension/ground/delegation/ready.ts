import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { examine, type Check } from '../connection/examine.ts';
import { secretsIn } from '../connection/secrets.ts';
import { readSettings } from '../connection/settings.ts';
import type { Longhaul } from '../longhaul.ts';
import { ConnectionError, WentElsewhere } from '../problem/connection-error.ts';
import { failing, failingText } from '../ways-out/failing.ts';
import { elsewhere } from '../ways-out/platform.ts';
import { leadsAway, take } from '../ways-out/take.ts';
import { waysOut, type WayOut } from '../ways-out/ways-out.ts';

/** ms that an examination counts in which all was well. */
const goodMs = 300_000;

/** The last one in which all was well; `of`: with which settings and key. */
let good: { readonly of: string; readonly at: number } | null = null;

/** One that is under way, which all who ask meanwhile wait for. */
let looking: Promise<readonly Check[]> | null = null;

/**
 * What a run would fail for on this machine; empty: nothing, or the runner is elsewhere and knows for itself. Examined anew after five minutes,
 * after a change, and as long as something is in the way. Who cannot be asked is in nobody's way: what is wrong with the runner, it says itself.
 */
export const inTheWay = (longhaul: Longhaul): Promise<readonly Check[]> => {
  looking ??= look(longhaul)
    .catch((error: unknown) => {
      longhaul.log.warn(`before it begins: ${String(error)}`);
      return [];
    })
    .finally(() => {
      looking = null;
    });
  return looking;
};

const look = async (longhaul: Longhaul): Promise<readonly Check[]> => {
  const settings = readSettings();
  if (settings.url !== '') return [];
  const of = JSON.stringify([settings, await secretsIn(longhaul.extension.secrets).modelKey()]);
  if (good?.of === of && Date.now() < good.at + goodMs) return [];
  const api = await longhaul.connection.api();
  const [checks, { model }] = await Promise.all([examine(longhaul.extension), api.runner.info.query()]);
  const found = failing(checks, model);
  good = found.length === 0 ? { of, at: Date.now() } : null;
  return found;
};

/** What can be done about it. Where the system has no sandbox, what works from there. */
export const waysFor = (check: Check): readonly WayOut[] => {
  const other = check.name === 'sandbox' ? elsewhere(process.platform) : null;
  return other === null ? waysOut(check) : other.ways;
};

/** Says what a run would fail for before there is one, with the ways out. Throws ConnectionError unless the person delegates all the same; WentElsewhere where they went to put it right. */
export const mustBeReady = async (longhaul: Longhaul): Promise<void> => {
  const checks = await inTheWay(longhaul);
  const [first] = checks;
  if (first === undefined) return;
  const ways = waysFor(first).filter(({ kind }) => kind !== 'copy');
  const anyway = t('Delegate All the Same');
  const doctor = t('Doctor');
  const other = first.name === 'sandbox' ? elsewhere(process.platform) : null;
  const chosen = await vscode.window.showWarningMessage(
    t('A run would fail: {0}.', checks.map(({ name }) => name).join(', ')),
    { modal: true, detail: [other?.text ?? '', failingText(checks)].filter(Boolean).join('\n\n') },
    // The first is what Enter does.
    ...ways.slice(0, 2).map(({ title }) => title),
    doctor,
    anyway,
  );
  if (chosen === anyway) return;
  const way = ways.find(({ title }) => title === chosen);
  if (way !== undefined) await take(way);
  else if (chosen === doctor) await vscode.commands.executeCommand('longhaul.doctor');
  if (chosen === doctor || (way !== undefined && leadsAway(way))) throw new WentElsewhere();
  throw new ConnectionError('refused', t('Nothing was delegated.'), '');
};
