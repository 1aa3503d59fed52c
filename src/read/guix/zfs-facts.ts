import { UserError, position } from "../../errors";
import type { Source } from "../scheme/read";
import { isList, walk, type Datum } from "../scheme/datum";
import { Bindings, definitions, packageForm, type Definition } from "./definition";

/** What is known from gnu/packages/file-systems.scm of its package `zfs`. */
export interface ZfsFacts {
  /** `2.4.3`. */
  readonly version: string;
  /** Whether its arguments are G-expressions; in Guix they are since May 2022. */
  readonly isGexp: boolean;
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
    isGexp: inside.some(
      (datum) => (datum.kind === "quotation" && datum.prefix === "#~") || isList(datum, "gexp"),
    ),
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
