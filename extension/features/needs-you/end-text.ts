import { t } from '@vscode/l10n';
import type { End } from '../../ground/runs/ends.ts';
import { detailOf } from '../../ground/text/text.ts';

/** How a run ended, with whose fault it was and why where it failed. Untrusted. */
export const endText = (end: End): string =>
  end.status === 'failed' ? t('failed ({0}): {1}', end.class, end.message) : detailOf(end);
