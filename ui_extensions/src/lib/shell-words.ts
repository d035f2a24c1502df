/** Splits a line at spaces as a shell does, minding quotes. */
export function shellWords(line: string): string[] {
  const words: string[] = [];
  for (const [part] of line.matchAll(/(?:[^\s'"]+|'[^']*'|"(?:\\.|[^"\\])*"|['"])+/g)) {
    words.push(
      part.replace(/'([^']*)'|"((?:\\.|[^"\\])*)"/g, (_, single, double) => single ?? unescaped(double)),
    );
  }
  return words;
}

const unescaped = (text: string) => text.replace(/\\(.)/g, "$1");

/** A word as one would type it: in quotes where a shell would read it otherwise. */
export function shellQuoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
