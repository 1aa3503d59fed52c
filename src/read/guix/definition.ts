import {
  asKeyword,
  asString,
  asSymbol,
  children,
  headSymbol,
  isList,
  type Datum,
  type ListDatum,
} from "../scheme/datum";

export interface Definition {
  readonly name: string;
  /** The whole form, `(define-public zfs (package …))`. */
  readonly form: ListDatum;
  /** What the name is bound to; undefined for a procedure or a macro. */
  readonly value: Datum | undefined;
  readonly isPublic: boolean;
  /** Whether it is a former name that Guix keeps for a while. */
  readonly isDeprecated: boolean;
}

/** The definitions among FORMS, those at the top level of a file, in their order. */
export function definitions(forms: readonly Datum[]): Definition[] {
  const exported = exportedNames(forms);
  return atTopLevel(forms).flatMap((form): Definition[] => {
    const head = headSymbol(form);
    if (!isList(form) || head?.startsWith("define") !== true || head === "define-module") return [];
    // `f` of `f`, of `(f x)` and of `((f x) y)`.
    let target = form.items[1];
    while (isList(target)) target = target.items[0];
    const name = asSymbol(target);
    if (name === undefined) return [];
    const isValue = target === form.items[1] && !head.startsWith("define-syntax");
    return [
      {
        name,
        form,
        value: isValue ? form.items.at(-1) : undefined,
        isPublic: head.includes("-public") || exported.has(name),
        isDeprecated: head.startsWith("define-deprecated"),
      },
    ];
  });
}

/** FORMS; of a `(begin …)`, what is in it, which is at top level, too. */
function atTopLevel(forms: readonly Datum[]): readonly Datum[] {
  return forms.flatMap((form) =>
    isList(form, "begin") ? atTopLevel(form.items.slice(1)) : [form],
  );
}

function exportedNames(forms: readonly Datum[]): ReadonlySet<string> {
  return new Set(
    listedFor("export", forms).flatMap(
      (item) => asSymbol(item) ?? children(item).flatMap((one) => asSymbol(one) ?? []),
    ),
  );
}

/** What `(KEYWORD …)` and the module's `#:KEYWORD (…)` list: names, or pairs of one and what it is called elsewhere. */
export function listedFor(
  keyword: "export" | "re-export",
  forms: readonly Datum[],
): readonly Datum[] {
  return forms
    .filter((form) => isList(form))
    .flatMap(({ items }) => {
      const head = asSymbol(items[0]);
      if (head === keyword) return items.slice(1);
      return head === "define-module"
        ? items.flatMap((item, index) =>
            asKeyword(items[index - 1]) === keyword ? children(item) : [],
          )
        : [];
    });
}

/** What the names of a file are bound to; of two definitions of a name, the last holds. */
export class Bindings {
  private readonly byName: ReadonlyMap<string, Definition>;

  constructor(definitions: readonly Definition[]) {
    this.byName = new Map(definitions.map((definition) => [definition.name, definition]));
  }

  /**
   * The definition that NAME stands for, through `(define-public a b)`;
   * undefined where there is none in this file or where they go in a circle.
   */
  follow(name: string | undefined): Definition | undefined {
    const seen = new Set<string>();
    for (let next = name; next !== undefined && !seen.has(next);) {
      seen.add(next);
      const definition = this.byName.get(next);
      const alias = asSymbol(definition?.value);
      if (alias === undefined || !this.byName.has(alias)) return definition;
      next = alias;
    }
    return undefined;
  }

  /** The string that DATUM is, or that the name DATUM stands for. */
  string(datum: Datum | undefined): string | undefined {
    const name = asSymbol(datum);
    return asString(name === undefined ? datum : this.follow(name)?.value);
  }

  /** The value of FIELD in the package FORM, or in the one of this file that it inherits from. */
  field(form: ListDatum, field: string): Datum | undefined {
    const seen = new Set<ListDatum>();
    let next: ListDatum | undefined = form;
    while (next !== undefined && !seen.has(next)) {
      seen.add(next);
      const found = next.items.find((item) => isList(item, field));
      if (isList(found)) return found.items.at(-1);
      const clause = next.items.find((item) => isList(item, "inherit"));
      const parent: Datum | undefined =
        headSymbol(next) === "package/inherit"
          ? next.items[1]
          : isList(clause)
            ? clause.items[1]
            : undefined;
      next = packageForm(this.follow(asSymbol(parent))?.value);
    }
    return undefined;
  }
}

/** The `(package …)` that VALUE ends in: itself, or the body of a `let`. */
export function packageForm(value: Datum | undefined): ListDatum | undefined {
  let form = value;
  while (
    isList(form) &&
    ["let", "let*", "begin", "hidden-package"].includes(headSymbol(form) ?? "")
  )
    form = form.items.at(-1);
  return isList(form, "package") || isList(form, "package/inherit") ? form : undefined;
}

/**
 * The names of zfs-guix's packages that TEXT, a channel's module or one of Guix,
 * defines at the beginning of a line: by the look of it, so that they are found
 * in one that cannot be read, too.
 */
export function packageNames(text: string): string[] {
  const found = text.matchAll(/^\(define-[a-z-]+ (zfs-(?:for|guix)-[a-z0-9._+-]+)(?![^\s()])/gim);
  return [...new Set(Array.from(found, ([, name]) => name!))];
}
