import type { FilePatch } from '../../../shared/review/patch.ts';
import { asRead } from '../../../shared/review/plain-markdown.ts';
import { cleanLine } from '../../../shared/text/clean.ts';

/** Text that is to be published, and where its lines are told to be. */
interface Published {
  readonly text: string;
  /** `line`: from 1. */
  readonly placeOf: (line: number) => string;
}

/** The rule that lets comments in a file turn off the others. */
const comments = '@secretlint/secretlint-rule-filter-comments';
const said = 'the text that goes with it';
/** More than a person reads of them. */
const most = 200;

/**
 * Whatever looks like a secret in what a result adds to files and in texts about it, as `src/config.js:12: AWS Secret Access Key`, without the secret
 * itself. What a comment in a file says about being looked over does not count: an agent may have written it.
 */
export const secretsIn = async (files: readonly FilePatch[], texts: readonly string[]): Promise<string[]> => {
  const published = [
    ...files.flatMap(addedTo),
    // What keeps a text from being Markdown keeps a secret in it from looking like one.
    ...texts.flatMap((text) => [...new Set([text, asRead(text)])]).map((text) => ({ text, placeOf: () => said })),
  ];
  const found = new Set<string>();
  for (const each of published) for (const one of await scan(each)) found.add(one);
  return [...found].slice(0, most);
};

const addedTo = ({ after, changes }: FilePatch): readonly Published[] => {
  const lines = changes.flatMap((change) =>
    change.after.lines.map((line, index) => ({ line, number: change.after.at + index + 1 })),
  );
  if (after === null || lines.length === 0) return [];
  return [
    {
      text: lines.map(({ line }) => line.replace(/\r?\n$/, '')).join('\n'),
      placeOf: (line) => `${cleanLine(after)}:${lines[line - 1]?.number ?? 1}`,
    },
  ];
};

const scan = async ({ text, placeOf }: Published): Promise<readonly string[]> => {
  const [{ lintSource }, { rules }] = await Promise.all([
    import('@secretlint/core'),
    import('@secretlint/secretlint-rule-preset-recommend'),
  ]);
  const { messages } = await lintSource({
    source: { filePath: 'text', ext: '', content: text, contentType: 'text' },
    options: {
      locale: 'en',
      noPhysicFilePath: true,
      config: {
        rules: rules.filter(({ meta }) => meta.id !== comments).map((rule) => ({ id: rule.meta.id, rule })),
      },
    },
  });
  // "found AWS Secret Access Key: wJalr…"
  return messages.map(({ message, loc }) => {
    const kind = (/^found ([^:]{1,100})/.exec(message)?.[1] ?? 'a secret').trim().replace(/(?<=\w)\(/, ' (');
    return `${placeOf(loc.start.line)}: ${cleanLine(kind)}`;
  });
};
