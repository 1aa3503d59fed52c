import fc from "fast-check";
import { FRAGMENTS } from "../support/scheme-arbitraries";

/** What somebody would write who wants it to be obeyed, not shown, or to hit a name of JavaScript's. */
export const hostile = fc.constantFrom(
  ..."__proto__ constructor prototype toString hasOwnProperty valueOf then length".split(" "),
  ..."\u001b[31m \u001b]0;title\u0007 \u009b2J \u202e \u2028 \u007f \0 \r".split(" "),
  ..."\ud800 \udfff \ufeff |# #| #; ]]> &lt; ##[add-matcher]x 1e999 -0 ../../etc/passwd".split(" "),
  "\n::add-mask::x\n",
  "%0A::set-env name=PATH::x",
  "\n* gnu/packages/base.scm (glibc): New variable.\n",
  "$(touch hacked)",
  "`touch hacked`",
  "; touch hacked;",
  '") (system "touch hacked") ("',
  "</text><script>x</script>",
  "| a |",
  "[x](javascript:x)",
  "9".repeat(400),
  "x".repeat(5000),
);

/** A place in a text, modulo its length. */
export const place = fc.nat();

/** COMMON, or one time in a few RARE. */
export function mostly<T>(common: fc.Arbitrary<T>, weight: number, rare: fc.Arbitrary<T>) {
  return fc.oneof({ arbitrary: common, weight }, { arbitrary: rare, weight: 1 });
}

/** Lines, words of Scheme and of JSON, and characters. */
const DIVISIONS = [/(?<=\n)/, /(?=[\s()"])|(?<=[\s()"])/, ""];

/** What takes the place of some lines, words or characters. */
type Change = (chosen: readonly string[]) => string;

/** BASE after a few changes such as typing, cutting, pasting, merging and attacking make; PIECES are pasted. */
export function mutated(
  base: fc.Arbitrary<string>,
  pieces: readonly string[] = FRAGMENTS,
): fc.Arbitrary<string> {
  const piece = fc.constantFrom(...pieces);
  const many = piece.map((one) => one.repeat(20_000));
  const pasted = mostly(fc.oneof(hostile, piece), 40, many);
  const change = fc.oneof(
    fc.constant<Change>(() => ""),
    fc.constant<Change>((chosen) => chosen.toReversed().join("")),
    pasted.map<Change>((by) => () => by),
    pasted.map<Change>((by) => (chosen) => by + chosen.join("")),
    fc
      .constantFrom(2, 3, 10, 1000)
      .map<Change>((times) => (chosen) => chosen.join("").slice(0, 200).repeat(times)),
    fc
      .constantFrom("\r\n", "\n", "\r")
      .map<Change>((end) => (chosen) => chosen.join("").replace(/\r?\n/g, end)),
  );
  // Most input is to be wrong in one place, so that what looks at it last has something to do.
  const few = mostly(fc.integer({ min: 1, max: 3 }), 3, fc.nat(99));
  const count = mostly(few, 19, fc.constant(Infinity));
  const edit = fc.tuple(fc.constantFrom(...DIVISIONS), place, count, change);
  const edits = mostly(
    fc.array(edit, { minLength: 1, maxLength: 1 }),
    3,
    fc.array(edit, { minLength: 2, maxLength: 4 }),
  );
  return fc.tuple(base, edits).map(([unchanged, all]) =>
    all.reduce((text, [division, to, length, changed]) => {
      const parts = text.split(division);
      const at = to % (parts.length + 1);
      const chosen = parts.splice(at, length);
      return [...parts.slice(0, at), changed(chosen), ...parts.slice(at)].join("");
    }, unchanged),
  );
}

/** TEXT, each half of a surrogate pair in it replaced. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Cs}/gu, "\ufffd");
}
