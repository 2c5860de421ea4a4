import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { errorMessage } from '../../../shared/trouble.ts';
import { achieved } from '../achieved.ts';
import { untilHidden } from '../ask/until-hidden.ts';
import { examine } from '../connection/examine.ts';
import { secretsIn } from '../connection/secrets.ts';
import { readSettings } from '../connection/settings.ts';
import type { Longhaul } from '../longhaul.ts';
import { say } from '../problem/offer.ts';
import { showProblem } from '../problem/problem.ts';
import { keyAnswer, type KeyAnswer } from './key-answer.ts';
import { restartRunner } from './restart.ts';

/** Asks for the model's key, tries it, keeps it as a secret, and starts the runner anew with it. False: nothing was given. */
export const setModelKey = async (longhaul: Longhaul): Promise<boolean> => {
  const { url, baseUrl } = readSettings();
  if (url !== '') {
    void vscode.window.showInformationMessage(
      t(
        'The runner is on another machine and has its own model key. It is set there, in OPENAI_API_KEY or its config.yaml.',
      ),
    );
    return false;
  }
  const given = await askKey(longhaul, baseUrl === '' ? 'https://api.openai.com' : baseUrl);
  if (given === undefined) return false;
  await secretsIn(longhaul.extension.secrets).setModelKey(given.key);
  if (!given.answer.refused) await achieved(longhaul.extension, 'key');
  await restartRunner(longhaul);
  say(given.answer.text);
  return true;
};

interface GivenKey {
  readonly key: string;
  readonly answer: KeyAnswer;
}

/** Asks for a key and tries it. One that is refused is told where it was typed, and taken if the person enters it again. */
const askKey = (longhaul: Longhaul, endpoint: string): Promise<GivenKey | undefined> => {
  const box = vscode.window.createInputBox();
  box.title = t('Longhaul: Model Key');
  box.prompt = t(
    'Key for {0}. It is kept in the secret storage of VS Code; the runner gets it when it starts.',
    endpoint,
  );
  box.password = true;
  box.ignoreFocusOut = true;
  let refused: GivenKey | null = null;
  box.onDidChangeValue(() => {
    box.validationMessage = undefined;
  });
  return untilHidden(box, (end) => {
    const take = async (key: string): Promise<void> => {
      if (key === '') return box.hide();
      if (/\s/.test(key)) {
        box.validationMessage = t('A key has no spaces in it.');
        return;
      }
      if (refused?.key === key) return end(refused);
      box.busy = true;
      box.enabled = false;
      const given = { key, answer: await tryKey(longhaul, key) };
      box.busy = false;
      box.enabled = true;
      if (!given.answer.refused) return end(given);
      refused = given;
      box.validationMessage = t('{0} Enter keeps it all the same.', given.answer.text);
    };
    box.onDidAccept(() => take(box.value.trim()).catch(showProblem));
  });
};

const tryKey = async ({ extension, log }: Longhaul, key: string): Promise<KeyAnswer> => {
  try {
    return keyAnswer(await examine(extension, key));
  } catch (error) {
    log.warn(`model key: ${String(error)}`);
    return { refused: false, text: t('The key could not be tried: {0}', errorMessage(error)) };
  }
};

/**
 * Makes sure that agents have a model to work with, and asks for a key where one is needed: once. False: none was given.
 * An endpoint that was set by hand may need none, and says so itself if it does. Throws ConnectionError.
 */
export const ensureModelKey = async (longhaul: Longhaul): Promise<boolean> => {
  const { model } = await (await longhaul.connection.api()).runner.info.query();
  const needsOne = new URL(model.endpoint).hostname === 'api.openai.com';
  return model.key || !needsOne || readSettings().url !== '' || setModelKey(longhaul);
};
