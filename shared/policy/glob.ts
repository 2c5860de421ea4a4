/** A glob over paths with `/`: `**` any folders, `*` and `?` within one name, `{a,b}` either. Others stand for themselves. */
export const globMatches = (glob: string, path: string): boolean => patternOf(glob).test(path);

/** A policy has few globs, and a difference may have very many paths. */
const patterns = new Map<string, RegExp>();
const mostPatterns = 1000;

const patternOf = (glob: string): RegExp => {
  const known = patterns.get(glob);
  if (known !== undefined) return known;
  if (patterns.size >= mostPatterns) patterns.clear();
  const pattern = toPattern(glob);
  patterns.set(glob, pattern);
  return pattern;
};

const toPattern = (glob: string): RegExp => {
  let pattern = '';
  let braces = 0;
  for (let at = 0; at < glob.length; at += 1) {
    const char = glob[at] ?? '';
    if (glob.startsWith('**/', at)) {
      pattern += '(?:.*/)?';
      at += 2;
    } else if (glob.startsWith('**', at)) {
      pattern += '.*';
      at += 1;
    } else if (char === '*') pattern += '[^/]*';
    else if (char === '?') pattern += '[^/]';
    else if (char === '{' && glob.indexOf('}', at) > at) {
      pattern += '(?:';
      braces += 1;
    } else if (char === '}' && braces > 0) {
      pattern += ')';
      braces -= 1;
    } else if (char === ',' && braces > 0) pattern += '|';
    else pattern += char.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  }
  return new RegExp(`^${pattern}${')'.repeat(braces)}$`, 's');
};
