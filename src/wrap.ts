/**
 * TEXT in lines of at most WIDTH columns, the first of at most FIRST; a word
 * that is longer stands alone.  Two spaces, as between sentences, stay two.
 */
export function wrapText(text: string, width: number, first = width): string[] {
  const lines: string[] = [];
  for (const word of text.split(/(?<=\S) (?! )/)) {
    const last = lines.at(-1);
    const room = lines.length > 1 ? width : first;
    if (last !== undefined && last.length + 1 + word.length <= room)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
