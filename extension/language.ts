import { config } from '@vscode/l10n';
import * as vscode from 'vscode';

// Some texts are made while their modules load: both bundles, main.ts and parts.ts, import this before all else.
config({ contents: vscode.l10n.bundle ?? {} });
