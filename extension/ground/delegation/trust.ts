import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { untrustedOf, type Untrusted } from '../../../shared/client/untrusted.ts';
import { ConnectionError } from '../problem/connection-error.ts';

const agree = t('Trust and Delegate');

/** Delegates; where the repository's settings open something that nobody has agreed to, shows what, and asks. Throws what the API throws. */
export const withTrust = async <Answer>(delegate: (trust: string | null) => Promise<Answer>): Promise<Answer> => {
  try {
    return await delegate(null);
  } catch (error) {
    const asked = untrustedOf(error) ?? fromCommandLine(error);
    if (asked === null) throw error;
    const detail = `${asked.openings.join('\n')}\n\n${t('This is asked once for this repository and this list.')}`;
    const chosen = await vscode.window.showWarningMessage(
      t("This repository's settings open hosts to what runs in it."),
      { modal: true, detail },
      // The first is what Enter does.
      t('Do Not Delegate'),
      agree,
    );
    if (chosen !== agree) throw new ConnectionError('refused', t('Nothing was delegated.'), '');
    return delegate(asked.hash);
  }
};

/** What the command line says of the same, which delegates where the runner is elsewhere. */
const fromCommandLine = (error: unknown): Untrusted | null => {
  if (!(error instanceof ConnectionError)) return null;
  const hash = /--trust ([0-9a-f]{64})/.exec(error.remedy)?.[1];
  return hash === undefined ? null : { hash, openings: [error.message] };
};
