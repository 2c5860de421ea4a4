import { config } from '@vscode/l10n';

// The texts that the extension handed over with the frame (html.ts). Some are made while modules load: each page imports this before all else.
config({ contents: document.body.dataset['texts'] ?? '{}' });
