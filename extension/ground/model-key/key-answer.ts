import { t } from '@vscode/l10n';
import type { Check } from '../connection/examine.ts';

/** What the model's endpoint said to a key. `refused`: runs will not work with it as things are. */
export interface KeyAnswer {
  readonly refused: boolean;
  readonly text: string;
}

/** Of what the doctor found with that key. How the command line is given another one is of no use here. */
export const keyAnswer = (checks: readonly Check[]): KeyAnswer => {
  const check = checks.find(({ name }) => name === 'model');
  if (check === undefined)
    return {
      refused: false,
      text: t('The key could not be tried: the settings of the runner cannot be used. The doctor says why.'),
    };
  switch (check.outcome) {
    case 'ok':
      return { refused: false, text: t('The key works: {0}.', check.detail) };
    case 'warn':
      return { refused: false, text: t('The endpoint was asked with the key: {0}.', check.detail) };
    case 'fail':
      return { refused: true, text: `${check.detail}.` };
  }
};
