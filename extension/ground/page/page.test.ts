import { expect, test } from 'vitest';
import { actionOf, changesSince, type Item, type Page } from './page.ts';

const text = (key: string, value: string): Item => ({ key, kind: 'text', text: value, tone: 'plain' });
const page = (items: readonly Item[]): Page => ({
  title: 't',
  subtitle: 's',
  sections: [{ id: 'a', title: 'A', items }],
});

test('only what is new or changed is sent, with the order of all', () => {
  const before = page([text('1', 'one'), text('2', 'two'), text('3', 'three')]);
  const after = page([text('3', 'three'), text('2', 'zwei'), text('4', 'four')]);
  expect(changesSince(before, after)).toEqual({
    title: 't',
    subtitle: 's',
    sections: [{ id: 'a', title: 'A', keys: ['3', '2', '4'], items: [text('2', 'zwei'), text('4', 'four')] }],
  });
  expect(changesSince(null, before).sections[0]?.items).toEqual(before.sections[0]?.items);
});

test('a page can press the buttons that it has, and name no command', () => {
  const action = { command: 'longhaul.review', argument: { run: 'run_test1' } };
  const shown = page([{ key: 'b', kind: 'buttons', buttons: [{ id: 'diff', label: 'Diff', primary: true, action }] }]);
  expect(actionOf(shown, 'diff')).toEqual(action);
  expect(actionOf(shown, 'longhaul.approve')).toBe(null);
  expect(actionOf(null, 'diff')).toBe(null);
});
