/** Characters after which a shell does something that words alone do not show: expansion, substitution, redirection. */
const opaque = /[$`<>(){}*?[\]~\\]|&(?!&)/;

/** What can be said of a shell command without running a shell. */
export interface ShellReading {
  /** Each simple command as its words, in order. */
  readonly commands: readonly (readonly string[])[];
  /** False: quoting or expansion may hide more commands or other words than are listed. */
  readonly certain: boolean;
}

/**
 * Splits a command line at `&&`, `||`, `;`, `|` and line ends, and into words with simple quotes taken off.
 * It is a reading for policy rules, not a shell: whatever it cannot be sure of makes it uncertain.
 */
export const readShell = (command: string): ShellReading => {
  const commands: string[][] = [];
  let words: string[] = [];
  let word: string | null = null;
  let certain = true;
  const endWord = () => {
    if (word !== null) words.push(word);
    word = null;
  };
  const endCommand = () => {
    endWord();
    if (words.length > 0) commands.push(words);
    words = [];
  };
  for (let at = 0; at < command.length; at += 1) {
    const char = command[at] ?? '';
    if (char === "'" || char === '"') {
      const end = command.indexOf(char, at + 1);
      if (end < 0) certain = false;
      const quoted = command.slice(at + 1, end < 0 ? undefined : end);
      if (char === '"' && /[$`\\]/.test(quoted)) certain = false;
      word = (word ?? '') + quoted;
      at = end < 0 ? command.length : end;
    } else if (char === '\n' || char === ';' || char === '|') {
      endCommand();
    } else if (char === '&' && command[at + 1] === '&') {
      endCommand();
      at += 1;
    } else if (/\s/.test(char)) {
      endWord();
    } else if (char === '#' && word === null) {
      const end = command.indexOf('\n', at);
      at = (end < 0 ? command.length : end) - 1;
    } else {
      if (opaque.test(char + (command[at + 1] ?? '')) && opaque.test(char === '&' ? '& ' : char)) certain = false;
      if (char === '&' || char === '(' || char === ')' || char === '`' || char === '{' || char === '}') endCommand();
      else word = (word ?? '') + char;
    }
  }
  endCommand();
  // `FOO=1 npm install` runs npm install.
  return { commands: commands.map(withoutAssignments).filter((found) => found.length > 0), certain };
};

const withoutAssignments = (words: readonly string[]): readonly string[] => {
  const start = words.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word));
  return start < 0 ? [] : words.slice(start);
};

const containsRun = (words: readonly string[], run: readonly string[]): boolean =>
  words.some((_, start) => run.every((part, offset) => words[start + offset] === part));

/** The command may well run `prefix`: for rules that ask or deny. Errs towards yes: `sudo npm install` and `sh -c "npm install"` count. */
export const mayRun = (command: string, prefix: string): boolean => {
  const run = prefix.split(/\s+/).filter(Boolean);
  const loose = command.split(/[\s;|&()<>`'"$={}\\]+/).filter(Boolean);
  return readShell(command).commands.some((words) => containsRun(words, run)) || containsRun(loose, run);
};

/** The command surely runs nothing but commands that begin with `prefix`: for rules that allow. Errs towards no. */
export const onlyRuns = (command: string, prefix: string): boolean => {
  const run = prefix.split(/\s+/).filter(Boolean);
  const { commands, certain } = readShell(command);
  return (
    certain && commands.length > 0 && commands.every((words) => run.every((part, offset) => words[offset] === part))
  );
};
