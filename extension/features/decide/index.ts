import * as vscode from 'vscode';
import type { Longhaul } from '../../ground/longhaul.ts';
import { registerCommand } from '../../ground/problem/problem.ts';
import { answer } from './answer.ts';
import { approve } from './approve.ts';
import { approveEdited, editAndApprove, registerArgumentEditor } from './edit.ts';
import { reject } from './reject.ts';
import { renew } from './renew.ts';

export const registerDecide = (longhaul: Longhaul): vscode.Disposable =>
  vscode.Disposable.from(
    registerArgumentEditor(),
    registerCommand('longhaul.approve', (target) => approve(longhaul, target)),
    registerCommand('longhaul.editAndApprove', (target) => editAndApprove(longhaul, target)),
    registerCommand('longhaul.approveEdited', (uri) => approveEdited(longhaul, uri)),
    registerCommand('longhaul.reject', (target) => reject(longhaul, target)),
    registerCommand('longhaul.answer', (target) => answer(longhaul, target)),
    registerCommand('longhaul.renew', (target) => renew(longhaul, target)),
  );
