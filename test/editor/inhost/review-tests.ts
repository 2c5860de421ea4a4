import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { applyAll, openReview, reviewDocuments } from './review-steps.ts';
import type { Test } from './tests.ts';
import { cleanTree, delegate, eventually, git, longhaul, repository, reviewing, settled, withEnter } from './world.ts';

const read = (file: string): string => readFileSync(repository(file), 'utf8');

const changesOf = async (run: string) => {
  const { connection } = await longhaul();
  const api = await connection.api();
  return api.runs.diff.query({ run });
};

export const reviewTests = {
  'a dirty tree goes along: the agent sees what is not committed, and neither index nor branch moves': async () => {
    cleanTree();
    writeFileSync(repository('README.md'), `${read('README.md')}\nChanged, not committed.\n`);
    writeFileSync(repository('staged.txt'), 'staged\n');
    git('add', 'staged.txt');
    writeFileSync(repository('untracked.txt'), 'untracked\n');
    const look = () => [git('status', '--porcelain=v2', '--branch'), git('for-each-ref'), git('ls-files', '--stage')];
    const before = look();
    const { id } = await delegate('[seen] Say what you see');
    await settled(id, reviewing);
    const { changes } = await changesOf(id);
    assert.deepEqual(
      changes.files.map(({ status, after }) => [status, after?.path]),
      [['added', 'seen.txt']],
    );
    const { connection } = await longhaul();
    const blob = changes.files[0]?.after?.blob ?? '';
    const seen = new TextDecoder().decode(await connection.blob(id, blob));
    assert.equal(seen, `${read('README.md')}staged\nuntracked\n`);
    assert.deepEqual(look(), before);
  },

  'a change that meets another one becomes an ordinary merge conflict, and undo brings back every byte': async () => {
    cleanTree();
    const { id } = await delegate('[line] Say sums');
    await settled(id, reviewing);
    const mine = read('README.md').replace('Adds up a cart', 'Counts a cart');
    writeFileSync(repository('README.md'), mine);
    await applyAll(id);
    assert.match(read('README.md'), /<<<<<<< [^]*Counts a cart[^]*=======[^]*Sums a cart[^]*>>>>>>> /);
    await eventually(
      vscode.window.onDidChangeActiveTextEditor,
      () => vscode.window.activeTextEditor?.document.uri.fsPath === repository('README.md') || null,
    );
    await vscode.commands.executeCommand('longhaul.undoApply', id);
    assert.equal(read('README.md'), mine);
    assert.equal(git('status', '--porcelain'), ' M README.md\n');
  },

  'comments become the next round, and its diff answers them': async () => {
    cleanTree();
    const { id } = await delegate('[line] Say sums');
    await settled(id, reviewing);
    await openReview(id);
    const document = await eventually(
      vscode.workspace.onDidOpenTextDocument,
      () =>
        reviewDocuments(id).find(({ uri }) => uri.path === '/README.md' && uri.query.includes('side=after')) ?? null,
    );
    const controller = vscode.comments.createCommentController('test', 'Test');
    try {
      const thread = controller.createCommentThread(document.uri, new vscode.Range(2, 0, 2, 0), []);
      await vscode.commands.executeCommand('longhaul.review.addComment', { thread, text: 'Sums up, please' });
      await withEnter('longhaul.requestChanges', id);
    } finally {
      controller.dispose();
    }
    const second = await settled(id, (run) => run.status === 'reviewing' && run.round === 2);
    const { connection } = await longhaul();
    const api = await connection.api();
    const events = await api.runs.events.query({ run: id });
    const asked = events.flatMap(({ body }) =>
      body.type === 'review.decided' ? [{ verdict: body.verdict, comments: body.comments }] : [],
    );
    assert.deepEqual(asked, [
      { verdict: 'changes', comments: [{ path: 'README.md', line: 3, text: 'Sums up, please' }] },
    ]);
    assert.equal(second.round, 2);
    await applyAll(id);
    assert.match(read('README.md'), /^Sums up a cart/m);
  },

  'added, binary, renamed, deleted and very large files can be reviewed and applied': async (take) => {
    cleanTree();
    const { id } = await delegate('[kinds] One of each kind');
    await settled(id, reviewing);
    const { changes } = await changesOf(id);
    assert.deepEqual(
      changes.files
        .map(({ status, before, after, binary }) => [status, before?.path, after?.path, binary])
        .sort(([, a = '', b = a], [, c = '', d = c]) => (String(b) < String(d) ? -1 : 1)),
      [
        ['added', undefined, 'big.txt', false],
        ['added', undefined, 'logo.png', true],
        ['deleted', 'receipts/carts.js', undefined, false],
        ['modified', 'receipts/record.js', 'receipts/record.js', false],
        ['renamed', 'src/receipt.js', 'src/slip.js', false],
        ['modified', 'test/cart.test.js', 'test/cart.test.js', false],
      ],
    );
    take('large', await openReview(id));
    await applyAll(id);
    assert.equal(readFileSync(repository('big.txt')).length, 5_242_880);
    assert.deepEqual([...readFileSync(repository('logo.png'))], [0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3]);
    assert.deepEqual(
      ['receipts/carts.js', 'src/receipt.js'].map((file) => existsSync(repository(file))),
      [false, false],
    );
    assert.ok(existsSync(repository('src/slip.js')));
    await vscode.commands.executeCommand('longhaul.undoApply', id);
    assert.equal(git('status', '--porcelain'), '');
  },
} satisfies Record<string, Test>;
