import { FRAGMENTS } from "../test/support/scheme-arbitraries";
import type { Random } from "./random";

/** What somebody would write who wants it to be obeyed, not shown, or to hit a name of JavaScript's. */
export const HOSTILE: readonly string[] = [
  ..."__proto__ constructor prototype toString hasOwnProperty valueOf then length".split(" "),
  "\u001b[31m",
  "\u001b]0;title\u0007",
  "\u009b2J",
  "\u202e",
  "\u2028",
  "\u007f",
  "\n::add-mask::x\n",
  "%0A::set-env name=PATH::x",
  "##[add-matcher]x",
  "\n* gnu/packages/base.scm (glibc): New variable.\n",
  "$(touch hacked)",
  "`touch hacked`",
  "; touch hacked;",
  '") (system "touch hacked") ("',
  "|#",
  "#|",
  "#;",
  "]]>",
  "</text><script>x</script>",
  "&lt;",
  "| a |",
  "[x](javascript:x)",
  "\0",
  "\r",
  "\ud800",
  "\udfff",
  "\ufeff",
  "9".repeat(400),
  "x".repeat(5000),
  "1e999",
  "-0",
  "../../etc/passwd",
];

const REPETITIONS = [2, 2, 2, 3, 10, 1000];

/** TEXT after a few changes such as typing, cutting, pasting, merging and attacking make. */
export function mutate(
  random: Random,
  text: string,
  fragments: readonly string[] = FRAGMENTS,
): string {
  let changed = text;
  for (let count = 1 + random.below(4); count > 0; count -= 1)
    changed = change(random, changed, fragments);
  return changed;
}

function change(random: Random, text: string, fragments: readonly string[]): string {
  const [start, end] = random.oneIn(3)
    ? lines(random, text)
    : random.oneIn(2)
      ? word(random, text)
      : range(random, text);
  const piece = text.slice(start, end);
  const replace = (by: string): string => text.slice(0, start) + by + text.slice(end);
  switch (random.below(9)) {
    case 0:
      return replace("");
    case 1:
      return replace(piece.slice(0, 200).repeat(random.pick(REPETITIONS)));
    case 2: {
      const at = random.below(start + 1);
      return text.slice(0, at) + piece + text.slice(at, start) + text.slice(end);
    }
    case 3:
      return replace(random.pick(HOSTILE));
    case 4:
      return replace(random.pick(fragments));
    case 5:
      return text.slice(0, start) + random.pick(fragments) + text.slice(start);
    case 6:
      return text.slice(0, start) + random.pick(HOSTILE) + text.slice(start);
    case 7:
      return random.oneIn(20) ? replace(random.pick(fragments).repeat(20_000)) : text.slice(0, end);
    default:
      return random.oneIn(4)
        ? text.replace(/\r?\n/g, random.pick(["\r\n", "\n", "\r"]))
        : replace(Array.from(piece).reverse().join(""));
  }
}

function range(random: Random, text: string): [number, number] {
  const start = random.below(text.length + 1);
  return [start, Math.min(text.length, start + random.below(random.pick([2, 10, 100])))];
}

function lines(random: Random, text: string): [number, number] {
  const start = text.lastIndexOf("\n", random.below(text.length + 1)) + 1;
  let end = start;
  for (let count = 1 + random.below(4); count > 0 && end < text.length; count -= 1)
    end = text.indexOf("\n", end) + 1 || text.length;
  return [start, end];
}

/** What stands between two of what ends a word in Scheme and in JSON. */
function word(random: Random, text: string): [number, number] {
  const at = random.below(text.length + 1);
  const before = /[^\s()"]*$/.exec(text.slice(Math.max(0, at - 200), at))![0].length;
  const after = /^[^\s()"]*/.exec(text.slice(at, at + 200))![0].length;
  return [at - before, at + after];
}

/** TEXT, each half of a surrogate pair in it replaced. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Cs}/gu, "\ufffd");
}
