import type { Check } from '../connection/examine.ts';

/**
 * The checks without which a run would fail. A runner that is at work with other settings has another model than this window would give it:
 * of that one only the runner itself can say whether there is a key (`key`).
 */
export const failing = (checks: readonly Check[], { key }: { readonly key: boolean }): readonly Check[] => {
  const others = checks.some(({ name, outcome }) => name === 'settings' && outcome === 'warn');
  return checks.filter(({ name, outcome }) => outcome === 'fail' && !(name === 'model' && others && key));
};

/** One line of each, for a dialog. */
export const failingText = (checks: readonly Check[]): string =>
  checks.map(({ name, detail, remedy }) => `${name}: ${detail}. ${remedy}`.trim()).join('\n\n');
