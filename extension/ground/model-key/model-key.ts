import * as vscode from 'vscode';
import { secretsIn } from '../connection/secrets.ts';
import { readSettings } from '../connection/settings.ts';
import type { Longhaul } from '../longhaul.ts';
import { restartRunner } from './restart.ts';

/** Asks for the model's key, keeps it as a secret, and starts the runner anew with it. False: nothing was given. */
export const setModelKey = async (longhaul: Longhaul): Promise<boolean> => {
  const { url, baseUrl } = readSettings();
  if (url !== '') {
    void vscode.window.showInformationMessage(
      'The runner is on another machine and has its own model key. It is set there, in OPENAI_API_KEY or its config.yaml.',
    );
    return false;
  }
  const key = await vscode.window.showInputBox({
    title: 'Longhaul: Model Key',
    prompt: `Key for ${baseUrl === '' ? 'https://api.openai.com' : baseUrl}. It is kept in the secret storage of VS Code; the runner gets it when it starts.`,
    password: true,
    ignoreFocusOut: true,
    validateInput: (text) => (/\s/.test(text.trim()) ? 'A key has no spaces in it.' : undefined),
  });
  if (key === undefined || key.trim() === '') return false;
  await secretsIn(longhaul.extension.secrets).setModelKey(key.trim());
  await restartRunner(longhaul);
  return true;
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
