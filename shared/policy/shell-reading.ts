/** A word as a command gets it. Not `literal`: the shell may put other text, or several words, in its place. */
interface ShellWord {
  readonly text: string;
  readonly literal: boolean;
}

/** What can be said of a shell command without running a shell. */
interface ShellReading {
  /** Each simple command as its words, in order. */
  readonly commands: readonly (readonly ShellWord[])[];
  /** False: it may run other commands than those listed, or run these otherwise than their words say. */
  readonly certain: boolean;
}

/** At the place of a command these begin or end a construct; they are no programs. */
const reserved = new Set(
  'if then else elif fi for while until do done case esac in select function time coproc ! { } [[ ]]'.split(' '),
);

/** Redirections that write to no file: `2>&1`, `>&2`, `2>/dev/null`. With anything behind it (`>&1x`) it is a file. */
const harmlessRedirection = /^(?:\d*>&\d|[\d&]?>{1,2} ?\/dev\/null)(?=[ \t\n;|&]|$)/;

/** A parameter without any of the operators that could run something: `$HOME`, `$1`, `$?`, `${HOME}`. */
const plainParameter = /^\$(?:\w+|[?@*#$!-]|\{\w+\})/;

class Reader {
  readonly #source: string;
  #at = 0;
  #certain = true;
  #word: { text: string; literal: boolean } | null = null;
  #words: ShellWord[] = [];
  readonly #commands: ShellWord[][] = [];

  constructor(source: string) {
    this.#source = source;
  }

  read(): ShellReading {
    while (this.#at < this.#source.length) this.#step();
    this.#endCommand();
    return { commands: this.#commands, certain: this.#certain };
  }

  #step(): void {
    const rest = this.#source.slice(this.#at);
    const char = rest.charAt(0);
    const redirection = this.#word === null ? harmlessRedirection.exec(rest) : null;
    if (redirection !== null) this.#at += redirection[0].length;
    else if (char === "'") this.#singleQuoted();
    else if (char === '"') this.#doubleQuoted();
    else if (char === '\\') this.#escaped();
    else if (char === '$' || char === '`') this.#expansion(rest);
    else if (char === ' ' || char === '\t') this.#skip(() => this.#endWord());
    else if ('\n;|&'.includes(char)) this.#skip(() => this.#endCommand());
    else if (char === '#' && this.#word === null) this.#comment();
    else if (char === '(' || char === ')' || char === '<' || char === '>') this.#uncertainBreak();
    else this.#ordinary(char);
  }

  #skip(then: () => void): void {
    this.#at += 1;
    then();
  }

  #add(text: string, literal = true): void {
    this.#word = { text: (this.#word?.text ?? '') + text, literal: (this.#word?.literal ?? true) && literal };
  }

  #singleQuoted(): void {
    const end = this.#source.indexOf("'", this.#at + 1);
    if (end < 0) this.#certain = false;
    this.#add(this.#source.slice(this.#at + 1, end < 0 ? undefined : end));
    this.#at = end < 0 ? this.#source.length : end + 1;
  }

  #doubleQuoted(): void {
    this.#add('');
    for (this.#at += 1; this.#at < this.#source.length;) {
      const char = this.#source.charAt(this.#at);
      const next = this.#source.charAt(this.#at + 1);
      if (char === '"') {
        this.#at += 1;
        return;
      }
      if (char === '\\' && next !== '' && '"\\$`\n'.includes(next)) {
        this.#add(next === '\n' ? '' : next);
        this.#at += 2;
      } else if (char === '$' || char === '`') this.#expansion(this.#source.slice(this.#at));
      else this.#skip(() => this.#add(char));
    }
    this.#certain = false;
  }

  #escaped(): void {
    const next = this.#source.charAt(this.#at + 1);
    if (next === '') this.#certain = false;
    else if (next !== '\n') this.#add(next);
    this.#at += 2;
  }

  /** Inside of double quotes or not: a parameter changes a word; anything else may run commands. */
  #expansion(rest: string): void {
    const parameter = plainParameter.exec(rest)?.[0] ?? null;
    if (parameter === null) this.#certain = false;
    this.#add(parameter ?? rest.charAt(0), false);
    this.#at += (parameter ?? rest.charAt(0)).length;
  }

  #comment(): void {
    const end = this.#source.indexOf('\n', this.#at);
    this.#at = end < 0 ? this.#source.length : end;
  }

  #uncertainBreak(): void {
    this.#certain = false;
    this.#skip(() => this.#endCommand());
  }

  #ordinary(char: string): void {
    this.#add(char, !'*?[]{}~'.includes(char));
    this.#at += 1;
  }

  #endWord(): void {
    if (this.#word !== null) this.#words.push(this.#word);
    this.#word = null;
  }

  #endCommand(): void {
    this.#endWord();
    const start = this.#words.findIndex((word) => !isAssignment(word));
    // `PATH=. npm test` runs an npm, but who knows which.
    if (start !== 0 && this.#words.length > 0) this.#certain = false;
    const command = start < 0 ? [] : this.#words.slice(start);
    if (command[0] !== undefined && reserved.has(command[0].text)) this.#certain = false;
    if (command.length > 0) this.#commands.push(command);
    this.#words = [];
  }
}

const isAssignment = (word: ShellWord): boolean => /^[A-Za-z_]\w*(?:\[[^\]]*\])?\+?=/.test(word.text);

/**
 * Splits a command line at `&&`, `||`, `;`, `|`, `&` and line ends, and into words with quotes and escapes taken off and
 * assignments before a command left out. It is a reading for policy rules, not a shell: substitutions, redirections,
 * groups, assignments and reserved words make it uncertain, and a parameter or a glob makes its word not literal.
 */
export const readShell = (command: string): ShellReading => new Reader(command).read();
