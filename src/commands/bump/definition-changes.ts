import { definitions } from "../../read/guix/definition";
import type { Datum } from "../../read/scheme/datum";
import { read } from "../../read/scheme/read";
import { asString, isList, walk } from "../../read/scheme/walk";

/** What became of a variable, or a procedure, of a Scheme file. */
export type DefinitionChange = { readonly name: string; readonly isProcedure: boolean } & (
  | { readonly kind: "new" | "deleted" | "changed" }
  | { readonly kind: "updated"; readonly from: string; readonly to: string }
);

interface Defined {
  readonly text: string;
  readonly isProcedure: boolean;
  /** Of a package. */
  readonly version: string | undefined;
}

/**
 * How the variables of a Scheme file changed between BEFORE, undefined where
 * there was no file, and AFTER: deleted ones first, then those of AFTER in
 * their order.
 *
 * It is the files that are compared, not what was planned, so that what is
 * said of a change is true of it whatever brought it about.
 */
export function definitionChanges(
  before: string | undefined,
  after: string | undefined,
): DefinitionChange[] {
  const [old, now] = [definitionsOf(before ?? ""), definitionsOf(after ?? "")];
  return [
    ...[...old]
      .filter(([name]) => !now.has(name))
      .map(([name, { isProcedure }]): DefinitionChange => ({ name, isProcedure, kind: "deleted" })),
    ...[...now].flatMap(([name, { text, isProcedure, version }]): DefinitionChange[] => {
      const previous = old.get(name);
      if (previous === undefined) return [{ name, isProcedure, kind: "new" }];
      if (previous.text === text) return [];
      return previous.version !== undefined && version !== undefined && previous.version !== version
        ? [{ name, isProcedure, kind: "updated", from: previous.version, to: version }]
        : [{ name, isProcedure, kind: "changed" }];
    }),
  ];
}

/** Names that stand in a commit message as they are. */
const PLAIN_NAME = /^[%a-z][a-z0-9!?*<>=/:._+%-]*$/i;

const PLAIN_VERSION = /^[0-9][0-9A-Za-z.+_~-]{0,50}$/;

function definitionsOf(text: string): ReadonlyMap<string, Defined> {
  return new Map(
    definitions(read(text).forms)
      // Another name can be anything, a line break included; the generator writes none such.
      .filter(({ name }) => PLAIN_NAME.test(name))
      .map(({ name, form, value }) => [
        name,
        {
          text: text.slice(form.start, form.end),
          isProcedure: value === undefined,
          version: packageVersion(form),
        },
      ]),
  );
}

function packageVersion(form: Datum): string | undefined {
  for (const datum of walk(form)) {
    const version = isList(datum, "version") ? asString(datum.items[1]) : undefined;
    // Any other text is no version, and could begin an entry of its own in a message.
    if (version !== undefined) return PLAIN_VERSION.test(version) ? version : undefined;
  }
  return undefined;
}
