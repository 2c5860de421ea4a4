import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';

const Entry = z.object({ command: z.string(), when: z.string().optional(), group: z.string().optional() });
const Manifest = z.object({
  contributes: z.object({
    commands: z.array(z.object({ command: z.string() })),
    menus: z.record(z.string(), z.array(Entry)),
    keybindings: z.array(z.object({ command: z.string() })),
  }),
});

/** Menus that VS Code opens, or whose buttons it reaches, from what has the focus. What is only `inline` in a row is a button for the mouse. */
const byKeyboard: Readonly<Record<string, 'menu' | 'buttons'>> = {
  'view/item/context': 'menu',
  'view/title': 'buttons',
  'editor/title': 'buttons',
  'editor/context': 'menu',
  'editor/title/context': 'menu',
  'comments/commentThread/context': 'buttons',
  'comments/commentThread/title': 'buttons',
  'comments/comment/title': 'buttons',
  'comments/comment/context': 'buttons',
  'explorer/context': 'menu',
  'testing/item/context': 'menu',
  'testing/item/result': 'menu',
  'testing/message/context': 'menu',
  'scm/resourceState/context': 'menu',
  'scm/resourceGroup/context': 'menu',
};

/** What Enter does on a row of the review. */
const onRows = ['longhaul.review.openFile'];

test('each command is in the palette, on a key, on a row, or in a menu that a keyboard opens', async () => {
  const text = await readFile(path.join(import.meta.dirname, '..', 'package.json'), 'utf8');
  const { commands, menus, keybindings } = Manifest.parse(JSON.parse(text)).contributes;
  const { commandPalette = [], ...others } = menus;
  expect(Object.keys(others).filter((menu) => byKeyboard[menu] === undefined)).toEqual([]);
  const hidden = new Set(commandPalette.filter(({ when }) => when === 'false').map(({ command }) => command));
  const reached = new Set([
    ...commands.map(({ command }) => command).filter((command) => !hidden.has(command)),
    ...onRows,
    ...keybindings.map(({ command }) => command),
    ...Object.entries(others).flatMap(([menu, entries]) =>
      entries
        .filter(({ group }) => byKeyboard[menu] === 'buttons' || group?.startsWith('inline') !== true)
        .map(({ command }) => command),
    ),
  ]);
  expect(commands.map(({ command }) => command).filter((command) => !reached.has(command))).toEqual([]);
});

test('Ctrl+Enter keeps what is typed into a comment', async () => {
  const text = await readFile(path.join(import.meta.dirname, '..', 'package.json'), 'utf8');
  const { menus } = Manifest.parse(JSON.parse(text)).contributes;
  // VS Code runs the first of the buttons.
  const first = (menu: string): string | undefined =>
    (menus[menu] ?? []).toSorted((one, other) => (one.group ?? '').localeCompare(other.group ?? ''))[0]?.command;
  expect([first('comments/commentThread/context'), first('comments/comment/context')]).toEqual([
    'longhaul.review.addComment',
    'longhaul.review.saveComment',
  ]);
});
