import { readShell } from './shell-reading.ts';

const wordsOf = (prefix: string): readonly string[] => prefix.split(/\s+/).filter(Boolean);

/** `git` is also `/usr/bin/git`. */
const isProgram = (word: string, name: string): boolean => word === name || word.endsWith(`/${name}`);

/** From `start` on the words begin with `prefix`, options between them (`git -C dir push`, `npm --silent install`) left out. */
const beginsWith = (words: readonly string[], start: number, prefix: readonly string[]): boolean => {
  const [name = '', ...rest] = prefix;
  if (!isProgram(words[start] ?? '', name)) return false;
  let at = start + 1;
  for (const part of rest) {
    while (words[at] !== part) {
      const word = words[at];
      if (word === undefined) return false;
      const value = words[at - 1]?.startsWith('-') === true && at - 1 > start;
      if (!word.startsWith('-') && !value) return false;
      at += 1;
    }
    at += 1;
  }
  return true;
};

const occursIn = (words: readonly string[], prefix: readonly string[]): boolean =>
  words.some((_, start) => beginsWith(words, start, prefix));

/**
 * The command may well run `prefix`: for rules that ask or deny. Errs towards yes: it looks at every place of every
 * command, so that `sudo npm install`, `/usr/bin/npm -s install`, `sh -c "npm install"` and `$(npm install)` count.
 * It is a guard against accidents; a command that hides its words (`eval $X`) is held by the sandbox alone.
 */
export const mayRun = (command: string, prefix: string): boolean => {
  const wanted = wordsOf(prefix);
  if (wanted.length === 0) return true;
  // What quoting and expansion may make of it is not followed, only what their signs may part.
  const loose = command.split(/[;|&()`\n]+/).map((part) => part.split(/[\s<>'"$={},\\]+/).filter(Boolean));
  if (loose.some((words) => occursIn(words, wanted))) return true;
  return readShell(command).commands.some((words) => {
    const texts = words.map((word) => word.text);
    return (
      occursIn(texts, wanted) || texts.some((text) => text !== command && /[\s;|&]/.test(text) && mayRun(text, prefix))
    );
  });
};

/** The command surely runs nothing but commands that begin with `prefix`: for rules that allow. Errs towards no. */
export const onlyRuns = (command: string, prefix: string): boolean => {
  const wanted = wordsOf(prefix);
  const { commands, certain } = readShell(command);
  return (
    certain &&
    wanted.length > 0 &&
    commands.length > 0 &&
    commands.every((words) => wanted.every((part, at) => words[at]?.literal === true && words[at].text === part))
  );
};
