import { UserError, position } from "../../errors";
import type { Source } from "../scheme/read";
import { asKeyword, asString, asSymbol, isList, walk, type Datum } from "../scheme/datum";
import { Bindings, definitions, packageForm, type Definition } from "./definition";

/** How the phases of `zfs` refer to its output `module`. */
export type ModuleReference = "#$output:module" | '(assoc-ref outputs "module")';

/** What is known from gnu/packages/file-systems.scm of its package `zfs`. */
export interface ZfsFacts {
  /** `2.4.3`. */
  readonly version: string;
  /** SHA-256 of its source, 52 characters of Guix base32. */
  readonly sha256: string | undefined;
  readonly outputs: readonly string[];
  /** The variable that `#:linux` names, `linux-libre-lts`; undefined where it names none. */
  readonly linux: string | undefined;
  /** Whether there is `#:linux` among its arguments; Guix has it since December 2025. */
  readonly hasLinux: boolean;
  /** Whether its arguments are G-expressions; in Guix they are since May 2022. */
  readonly isGexp: boolean;
  /** Undefined where they do not refer to it. */
  readonly moduleReference: ModuleReference | undefined;
  /** Whether the file has the package `zfs-auto-snapshot`, too. */
  readonly hasAutoSnapshot: boolean;
  /** Range of the form that defines `zfs`, and of the version's string. */
  readonly form: Datum;
  readonly versionForm: Datum;
}

/**
 * The package `zfs` of SOURCE, gnu/packages/file-systems.scm.
 *
 * @throws UserError where there is none, or two, or one without a version.
 */
export function zfsFacts(source: Source): ZfsFacts {
  const all = definitions(source.forms);
  const bindings = new Bindings(all);
  const definition = onlyZfs(source, all);
  const package_ = packageForm(bindings.follow("zfs")?.value);
  const versionForm = package_ && bindings.field(package_, "version");
  const version = bindings.string(versionForm);
  if (package_ === undefined || versionForm === undefined || version === undefined) {
    throw new UserError({
      ...position(source.text, definition.form.start),
      message:
        package_ === undefined
          ? "zfs is not a package here"
          : "this zfs has no version that can be read",
      hint: 'expected (define-public zfs (package … (version "2.4.3") …)), as Guix has it',
    });
  }
  const inside = [...walk(bindings.field(package_, "arguments") ?? package_)];
  return {
    version,
    sha256: hash(bindings.field(package_, "source")),
    outputs: outputNames(bindings.field(package_, "outputs")),
    ...linuxArgument(inside),
    isGexp: inside.some(
      (datum) => (datum.kind === "quotation" && datum.prefix === "#~") || isList(datum, "gexp"),
    ),
    moduleReference: moduleReference(inside),
    hasAutoSnapshot: packageForm(bindings.follow("zfs-auto-snapshot")?.value) !== undefined,
    form: definition.form,
    versionForm,
  };
}

function onlyZfs({ text }: Source, all: readonly Definition[]): Definition {
  const [first, second] = all.filter(({ name }) => name === "zfs");
  if (first === undefined) {
    throw new UserError({
      message: "there is no package zfs in this file",
      hint: "expected the gnu/packages/file-systems.scm of Guix, which has (define-public zfs …)",
    });
  }
  if (second !== undefined) {
    const lines = [first, second].map(({ form }) => position(text, form.start).line);
    throw new UserError({
      ...position(text, second.form.start),
      message: `zfs is defined twice, in line ${lines[0]} and in line ${lines[1]}`,
      hint: "take one of them out",
    });
  }
  return first;
}

function hash(source: Datum | undefined): string | undefined {
  for (const datum of source === undefined ? [] : walk(source)) {
    if (isList(datum, "base32") || isList(datum, "content-hash")) {
      const found = asString(datum.items[1]);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** `'("out" "module")`, `(list "out" "module")`; a package without the field has "out". */
function outputNames(field: Datum | undefined): readonly string[] {
  if (field === undefined) return ["out"];
  return [...walk(field)].flatMap((datum) => asString(datum) ?? []);
}

function linuxArgument(inside: readonly Datum[]): Pick<ZfsFacts, "linux" | "hasLinux"> {
  const index = inside.findIndex((datum) => asKeyword(datum) === "linux");
  const next = inside[index + 1];
  const value = next?.kind === "quotation" ? next.datum : next;
  return { hasLinux: index !== -1, linux: index === -1 ? undefined : asSymbol(value) };
}

function moduleReference(inside: readonly Datum[]): ModuleReference | undefined {
  for (const datum of inside) {
    if (datum.kind === "quotation" && /^#[$+]$/.test(datum.prefix)) {
      if (asSymbol(datum.datum) === "output:module") return "#$output:module";
    } else if (isList(datum)) {
      const words = datum.items.map((item) => asSymbol(item) ?? JSON.stringify(asString(item)));
      const form = words.join(" ");
      if (/^ungexp output(:module| "module")$/.test(form)) return "#$output:module";
      if (form === 'assoc-ref outputs "module"') return '(assoc-ref outputs "module")';
    }
  }
  return undefined;
}
