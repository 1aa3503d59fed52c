/** The one of CANDIDATES that WORD was probably meant to be, a letter or two being wrong. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const [best] = candidates
    .map((candidate) => ({ candidate, edits: distance(word, candidate) }))
    .filter(({ edits }) => edits <= Math.ceil(word.length / 3))
    .sort((a, b) => a.edits - b.edits);
  return best?.candidate;
}

/** How many letters have to be put in, taken out or replaced to make B of A (Levenshtein). */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [row, letter] of [...a].entries()) {
    const current = [row + 1];
    for (let column = 1; column <= b.length; column++) {
      const same = letter === b[column - 1] ? 0 : 1;
      current.push(Math.min(previous[column]! + 1, current[column - 1]! + 1, previous[column - 1]! + same));
    }
    previous = current;
  }
  return previous[b.length]!;
}
