import { t } from '@vscode/l10n';

/** `unauthorized`, `refused`: trying again without a person is of no use. */
export type ConnectionTrouble = 'unreachable' | 'unauthorized' | 'refused';

/** No runner could be reached; says why and what to do, in words for a person. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly trouble: ConnectionTrouble;
  readonly remedy: string;
  constructor(trouble: ConnectionTrouble, message: string, remedy: string) {
    super(message);
    this.trouble = trouble;
    this.remedy = remedy;
  }
}

/** The person went to put something right first. What they were asked meanwhile is over, and not lost. */
export class WentElsewhere extends ConnectionError {
  constructor() {
    super('refused', t('Nothing was delegated yet.'), t('Delegate again once it is put right: your draft is kept.'));
  }
}
