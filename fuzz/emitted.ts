import { definitions } from "../src/read/guix/definition";
import { read } from "../src/read/scheme/read";
import { children, headSymbol } from "../src/read/scheme/walk";
import type { Datum } from "../src/read/scheme/datum";
import { expectThat } from "./target";

/** The forms of TEXT with every name, string and number taken out: what it would do, whatever it is about. */
function skeleton(datum: Datum): string {
  const inside = children(datum);
  if (inside.length === 0) return datum.kind;
  // What is called stays; what is quoted is data.
  const head = headSymbol(datum) ?? "";
  return `${datum.kind} ${
    datum.kind === "quotation"
      ? `(list (${children(inside[0]!)
          .map(({ kind }) => kind)
          .join(" ")}))`
      : `${head}(${inside.map(skeleton).join(" ")})`
  }`;
}

/**
 * Makes sure that TEXT, which was emitted, defines VARIANTS with forms that are
 * the same for all of them, so that no name or string of one became code.
 */
export function expectVariants(text: string, variants: readonly string[]): void {
  const all = definitions(read(text).forms).filter(
    ({ name }) => name.startsWith("zfs-for-") && name !== "zfs-for-kernel",
  );
  expectThat(
    JSON.stringify(all.map(({ name }) => name).sort()) === JSON.stringify([...variants].sort()),
    `it defines ${all.map(({ name }) => name).join()}, not ${variants.join()}`,
  );
  // The name of a module has any number of parts.
  const shapes = new Set(
    all.map(({ form }) =>
      skeleton(form).replace(/(?<=kernel\(atom )list \S+\((atom ?)+\)/, "module"),
    ),
  );
  expectThat(
    shapes.size <= 1,
    `the variants differ in more than their names: ${[...shapes].join("\n")}`,
  );
}
