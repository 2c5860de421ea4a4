import assert from 'node:assert/strict';
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { applyAll, lensesOf, openFile, openReview, reviewDocuments, saidIn } from './review-steps.ts';
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

  'comments become the next round, its diff answers them, and the diff of the round before says that it is superseded':
    async () => {
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
      const superseded = 'Round 1 is superseded: changes were requested, and round 2 takes its place.';
      assert.deepEqual(
        (await lensesOf(document.uri)).map(({ title }) => title),
        [`$(history) ${superseded}`, 'Review Round 2'],
      );
      await vscode.commands.executeCommand('longhaul.review.compareRounds', id);
      const compared = await eventually(vscode.workspace.onDidOpenTextDocument, () => {
        const found = reviewDocuments(id).filter(({ uri }) => uri.query.includes('against=round'));
        return found.length === 2 ? found : null;
      });
      assert.deepEqual(await Promise.all(compared.map(({ uri }) => lensesOf(uri))), [[], []]);
      await applyAll(id);
      assert.match(read('README.md'), /^Sums up a cart/m);
    },

  'changes are decided as they are shown: lines apart, a mode and a link in words, a deleted file and an image as such':
    async () => {
      cleanTree();
      writeFileSync(repository('near.txt'), 'one\ntwo\nthree\nfour\n');
      for (const tool of ['run.sh', 'only.sh'])
        writeFileSync(repository(tool), Array.from({ length: 40 }, (_, line) => `${line + 1}\n`).join(''));
      writeFileSync(repository('gone.txt'), 'gone\n');
      symlinkSync('run.sh', repository('link'));
      const before = git('status', '--porcelain');
      const { id } = await delegate('[apart] Change lines apart');
      await settled(id, reviewing);
      await openReview(id);
      const shown = async (file: string): Promise<readonly [string, vscode.Uri, readonly string[]]> => {
        const { label, input } = await openFile(id, file);
        assert.ok(input instanceof vscode.TabInputTextDiff);
        return [label, input.modified, await saidIn(input.modified)];
      };
      const [, near, changes] = await shown('near.txt');
      assert.deepEqual(changes, [
        'Change 1 of 2: undecided',
        'near.txt: 0 of 2 changes accepted',
        'Change 2 of 2: undecided',
      ]);
      const mode = 'now executable (mode 100644 → 100755)';
      const [only, , alone] = await shown('only.sh');
      assert.deepEqual([only, alone], [`only.sh (round 1, ${mode})`, [`${mode}: undecided`]]);
      const [tool, , both] = await shown('run.sh');
      const inWords = [`${mode}: undecided`, 'run.sh: 0 of 2 changes accepted'];
      assert.deepEqual([tool, both], [`run.sh (round 1, ${mode})`, [...inWords, 'Change 1 of 1: undecided']]);
      const [, , link] = await shown('link');
      assert.deepEqual(link, ['This file (was a link to run.sh, is a link to near.txt): undecided']);
      const [gone, nothing, deleted] = await shown('gone.txt');
      assert.deepEqual([gone, deleted], ['gone.txt (round 1, deleted)', ['This file (deleted): undecided']]);
      assert.equal((await vscode.workspace.openTextDocument(nothing)).getText(), '');
      // A diff of two images is none of texts, and has no name among tabs.
      await vscode.commands.executeCommand('longhaul.review.openFile', { run: id, path: 'square.png' });
      await eventually(vscode.window.tabGroups.onDidChangeTabs, () => {
        const { activeTab } = vscode.window.tabGroups.activeTabGroup;
        return activeTab?.label === 'no square.png ↔ square.png' && activeTab.input === undefined ? true : null;
      });
      await vscode.commands.executeCommand('longhaul.review.rejectAll', id);
      const accept = (await lensesOf(near)).find(({ title }) => title === 'Accept');
      assert.ok(accept);
      await vscode.commands.executeCommand(accept.command, ...(accept.arguments ?? []));
      await vscode.commands.executeCommand('longhaul.applyAccepted', id);
      assert.equal(read('near.txt'), 'ONE\ntwo\nthree\nfour\n');
      assert.equal(git('status', '--porcelain'), before);
      await vscode.commands.executeCommand('longhaul.undoApply', id);
      cleanTree();
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
