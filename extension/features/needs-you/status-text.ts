import { t } from '@vscode/l10n';
import type { ConnectionState } from '../../ground/connection/connection.ts';

/** What the status bar says, from the connection and from what is under way. */
export const statusText = (
  state: ConnectionState,
  { waiting, ended, working }: { readonly waiting: number; readonly ended: number; readonly working: number },
): { readonly text: string; readonly about: string; readonly warning: boolean } => {
  switch (state.status) {
    case 'idle':
      return { text: '$(rocket) Longhaul', about: t('Nothing was asked of a runner yet.'), warning: false };
    case 'starting':
      return { text: '$(loading~spin) Longhaul', about: t('Connecting to the runner.'), warning: false };
    case 'offline':
      return {
        text: `$(debug-disconnect) ${t('Longhaul offline')}`,
        about: `${state.reason} ${state.remedy}`,
        warning: true,
      };
    case 'connected': {
      const parts = [
        waiting > 0 ? `$(bell-dot) ${waiting}` : '',
        ended > 0 ? `$(flag) ${ended}` : '',
        working > 0 ? `$(loading~spin) ${working}` : '',
      ].filter((part) => part !== '');
      const where = state.local ? t('{0} (this machine)', state.url) : state.url;
      return {
        text: ['$(rocket)', ...(parts.length === 0 ? ['Longhaul'] : parts)].join(' '),
        about: t('{0} waiting for you, {1} ended unseen, {2} working. Runner: {3}', waiting, ended, working, where),
        warning: false,
      };
    }
  }
};
