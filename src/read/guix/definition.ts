import type { Datum, ListDatum } from "../scheme/datum";
import { asKeyword, asSymbol, children, headSymbol, isList, asString } from "../scheme/walk";

/** A definition at the top level of a module of Guix. */
export interface Definition {
  readonly name: string;
  /** The whole form, `(define-public zfs (package …))`. */
  readonly form: ListDatum;
  /** What the name is bound to; undefined for a procedure or a macro. */
  readonly value: Datum | undefined;
  /** Whether other modules see it. */
  readonly isPublic: boolean;
  /** Whether it is a former name that Guix keeps for a while. */
  readonly isDeprecated: boolean;
}

/** Heads of Guix's own and of Guile's that export what they define. */
const PUBLIC =
  /^define(\*?-public|-syntax-public|-deprecated-package|-deprecated\/public.*|-public-with-deprecation)$/;

/** The definitions among FORMS, those at the top level of a file, in their order. */
export function definitions(forms: readonly Datum[]): Definition[] {
  const exported = exportedNames(forms);
  return topLevelLists(forms).flatMap((form) => define(form, exported));
}

/** The lists of FORMS, and those at top level, too, in a `(begin …)` and its like, however deep. */
function topLevelLists(forms: readonly Datum[]): ListDatum[] {
  const found: ListDatum[] = [];
  const pending = [...forms].reverse();
  for (let form = pending.pop(); form !== undefined; form = pending.pop()) {
    if (!isList(form)) continue;
    const inner = innerForms(form);
    if (inner === undefined) found.push(form);
    else for (let index = inner.length - 1; index >= 0; index -= 1) pending.push(inner[index]!);
  }
  return found;
}

function define(form: ListDatum, exported: ReadonlySet<string>): Definition[] {
  const head = headSymbol(form);
  if (head === undefined || !head.startsWith("define") || head === "define-module") return [];
  const isValue =
    asSymbol(form.items[1]) !== undefined &&
    !head.startsWith("define-syntax") &&
    !RECORD.test(head);
  return definedNames(head, form).map((name) => ({
    name,
    form,
    value: isValue ? form.items.at(-1) : undefined,
    isPublic: PUBLIC.test(head) || exported.has(name),
    isDeprecated: head.startsWith("define-deprecated"),
  }));
}

/** The forms that are at top level, too, where FORM is. */
function innerForms(form: ListDatum): readonly Datum[] | undefined {
  const { items } = form;
  const head = headSymbol(form);
  if (head === "begin") return items.slice(1);
  if (head === "eval-when") return items.slice(2);
  return head === "cond-expand"
    ? items.slice(1).flatMap((clause) => (isList(clause) ? clause.items.slice(1) : []))
    : undefined;
}

const RECORD = /^define-(immutable-)?record-type\*?$/;

function definedNames(head: string, { items }: ListDatum): string[] {
  if (RECORD.test(head)) return recordNames(items.slice(1));
  if (head === "define-values" && isList(items[1]))
    return children(items[1]).flatMap((name) => asSymbol(name) ?? []);
  return definedName(items[1]);
}

/** `<a>`, `make-a`, `a?`, `a-b` and `set-a-b!` of `(define-record-type <a> (make-a b) a? (b a-b set-a-b!))`. */
function recordNames([type, maker, ...others]: readonly Datum[]): string[] {
  const fields = others.flatMap((part) =>
    isList(part)
      ? part.items.slice(1).flatMap((name) => asSymbol(name) ?? [])
      : (asSymbol(part) ?? []),
  );
  return [...definedName(type), ...definedName(maker), ...fields];
}

/** `f` of `f`, of `(f x)` and of `((f x) y)`. */
function definedName(target: Datum | undefined): string[] {
  let inner = target;
  while (isList(inner)) inner = inner.items[0];
  const name = asSymbol(inner);
  return name === undefined ? [] : [name];
}

/** The names that a module gives on, though it does not define them, and where it says so. */
export function reexports(
  forms: readonly Datum[],
): { readonly name: string; readonly start: number }[] {
  const lists = forms.flatMap((form): (readonly Datum[])[] => {
    if (!isList(form)) return [];
    const head = headSymbol(form) ?? "";
    if (head.startsWith("re-export")) return [form.items.slice(1)];
    if (head !== "define-module") return [];
    return form.items.flatMap((item, index): (readonly Datum[])[] => {
      const next = form.items[index + 1];
      return asKeyword(item)?.startsWith("re-export") === true && isList(next) ? [next.items] : [];
    });
  });
  return lists.flat().flatMap((item) => {
    const name =
      asSymbol(item) ?? (isList(item) ? asSymbol(item.tail ?? item.items[1]) : undefined);
    return name === undefined ? [] : [{ name, start: item.start }];
  });
}

/** The names that `define-module` and `(export …)` list. */
function exportedNames(forms: readonly Datum[]): ReadonlySet<string> {
  const names = new Set<string>();
  const add = (list: readonly Datum[]): void => {
    for (const item of list) {
      const name =
        asSymbol(item) ?? (isList(item) ? asSymbol(item.tail ?? item.items[0]) : undefined);
      if (name !== undefined) names.add(name);
    }
  };
  for (const form of forms) {
    if (isList(form, "export")) add(form.items.slice(1));
    if (!isList(form, "define-module")) continue;
    form.items.forEach((item, index) => {
      const next = form.items[index + 1];
      if (["export", "replace", "export-syntax"].includes(asKeyword(item) ?? "") && isList(next))
        add(next.items);
    });
  }
  return names;
}

/** What the names of a file are bound to; of two definitions of a name, the last holds. */
export class Bindings {
  private readonly byName: ReadonlyMap<string, Definition>;

  constructor(definitions: readonly Definition[]) {
    this.byName = new Map(definitions.map((definition) => [definition.name, definition]));
  }

  get(name: string): Definition | undefined {
    return this.byName.get(name);
  }

  /**
   * The definition that NAME stands for, through `(define-public a b)`;
   * undefined where there is none in this file or where they go in a circle.
   */
  follow(name: string): Definition | undefined {
    const seen = new Set<string>();
    for (let next = name; !seen.has(next);) {
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
}
