import { UserError, type Problem, position } from "../errors";
import { definitions, listedFor } from "../read/guix/definition";
import { formatModule, GUIX_LINUX_MODULE, sameModule } from "../read/kernel";
import type { Source } from "../read/scheme/read";
import { asKeyword, asSymbol, children, isList, namesIn, type Datum } from "../read/scheme/datum";

interface ModuleNames {
  readonly module: readonly string[];
  /** As they are called here, with a space between them; all start with the prefix, where there is one. */
  readonly names: string;
  /** What Guix's files put before the names of that module, `license:`. */
  readonly prefix?: string;
}

/**
 * What templates of the region can use; what of it they do use is looked up in
 * the text that they give, and what the file does not import is told.  So a new
 * name in a template is a name here.
 */
const OFFERED: readonly ModuleNames[] = [
  {
    module: ["guix", "gexp"],
    names:
      "gexp ungexp computed-file file-append local-file plain-file program-file scheme-file with-imported-modules",
  },
  {
    module: ["guix", "packages"],
    names:
      "package package-arguments package-inputs package-native-inputs package-outputs package-properties package-source package-version modify-inputs origin base32",
  },
  {
    module: ["guix", "utils"],
    names:
      "substitute-keyword-arguments %current-target-system cc-for-target nix-system->gnu-triplet",
  },
  { module: ["guix", "build-system", "gnu"], names: "gnu-build-system" },
  { module: ["guix", "build-system", "trivial"], names: "trivial-build-system" },
  { module: ["guix", "licenses"], names: "license:gpl3+", prefix: "license:" },
  { module: ["gnu", "packages"], names: "search-auxiliary-file" },
  { module: ["gnu", "packages", "base"], names: "coreutils-minimal" },
  { module: ["gnu", "packages", "guile"], names: "guile-3.0" },
];

interface Import {
  readonly module: readonly string[];
  /** Local name → name in the other module, where only some are taken. */
  readonly select?: ReadonlyMap<string, string>;
  readonly hide: readonly string[];
  /** `license:`; the local names start with it. */
  readonly prefix: string;
  /** Of the keyword, or of the part of `(use-modules …)`. */
  readonly start: number;
}

/**
 * Makes sure that, beside OUTSIDE, the forms of SOURCE that are not in the
 * managed region, what BODY defines is defined nowhere else, and what it names,
 * with KERNELS, variables of Guix's kernels, is what templates take it for.
 */
export function refuseOtherMeanings(
  { text }: Source,
  outside: readonly Datum[],
  body: readonly Datum[],
  kernels: readonly string[],
): void {
  const module = outside.find((form) => isList(form, "define-module"));
  if (module === undefined)
    throw new UserError({
      message: "there is no (define-module …) in this file",
      hint: "expected the gnu/packages/file-systems.scm of Guix",
    });
  const ours = new Set(definitions(body).map(({ name }) => name));
  const used = namesIn(body);
  const needed = [...OFFERED, { module: GUIX_LINUX_MODULE, names: kernels.join(" ") }].flatMap(
    ({ module: from, names, prefix = "" }: ModuleNames) =>
      names
        .split(" ")
        .filter((name) => used.has(name))
        .map((name) => ({ name, from, prefix, original: name.slice(prefix.length) })),
  );
  const all = imports(outside);
  const problems: Problem[] = [];
  const refuse = (start: number, message: string, hint: string): void =>
    void problems.push({ ...position(text, start), message, hint });

  for (const { name, form } of definitions(outside)) {
    const taken = needed.find((other) => other.name === name);
    if (ours.has(name))
      refuse(
        form.start,
        `${name} is defined here already, outside of the managed region`,
        "take this definition out, or name it otherwise",
      );
    else if (taken !== undefined)
      refuse(
        form.start,
        `${name} is defined here, and the managed region needs the one of ${formatModule(taken.from)}`,
        "name it otherwise",
      );
  }
  for (const item of listedFor("re-export", outside)) {
    const name = asSymbol(item) ?? asSymbol(children(item).at(-1)) ?? "";
    if (ours.has(name))
      refuse(
        item.start,
        `${name} of another module is exported here, and the managed region defines it`,
        "take it out, or give it another name",
      );
  }
  for (const taken of all.filter(({ select }) => select !== undefined)) {
    for (const name of [...ours, ...needed.map((one) => one.name)]) {
      const original = originalOf(taken, name);
      const own = needed.find((one) => one.name === name);
      if (
        original === undefined ||
        (original === own?.original && sameModule(taken.module, own.from))
      )
        continue;
      refuse(
        taken.start,
        `${name} is ${original} of ${formatModule(taken.module)} here, and the managed region ${own === undefined ? "defines it" : `needs the one of ${formatModule(own.from)}`}`,
        "give the import another name, with #:select or #:prefix",
      );
    }
  }
  const missing = needed.filter(
    ({ name, from, original }) =>
      !all.some((taken) => sameModule(taken.module, from) && originalOf(taken, name) === original),
  );
  for (const from of new Set(missing.map((one) => one.from))) {
    const names = missing.filter((one) => one.from === from);
    const { prefix } = names[0]!;
    refuse(
      module.start,
      `the managed region needs ${names.map(({ name }) => name).join(", ")}, which this module does not import`,
      `add #:use-module ${prefix === "" ? formatModule(from) : `(${formatModule(from)} #:prefix ${prefix})`} to it`,
    );
  }
  if (problems.length > 0) throw new UserError(problems);
}

/** The imports of a file, `#:use-module`, `#:autoload` and `(use-modules …)`, in their order. */
function imports(forms: readonly Datum[]): Import[] {
  return forms
    .filter((form) => isList(form))
    .flatMap(({ items }): Import[] => {
      const head = asSymbol(items[0]);
      if (head === "use-modules") return items.flatMap((spec) => importOf(spec.start, spec));
      if (head !== "define-module") return [];
      return items.flatMap((item, index) => {
        if (asKeyword(item) === "use-module") return importOf(item.start, items[index + 1]);
        return asKeyword(item) === "autoload"
          ? importOf(item.start, items[index + 1], items[index + 2])
          : [];
      });
    });
}

/** The import that the `(a b)` or `((a b) #:select (c))` of SPEC says; SELECTED stands beside it. */
function importOf(start: number, spec: Datum | undefined, selected?: Datum): Import[] {
  if (!isList(spec)) return [];
  const [name = spec, ...options] = isList(spec.items[0]) ? spec.items : [spec];
  const option = (keyword: string): Datum | undefined =>
    options.find((_, index) => asKeyword(options[index - 1]) === keyword);
  const select = selected ?? option("select");
  const hide = option("hide");
  // Only Guile can tell what that makes of the names.
  if (option("renamer") !== undefined) return [];
  return [
    {
      // A part may be a number.
      module: children(name).map((part) => asSymbol(part) ?? ""),
      ...(select !== undefined && { select: selection(select) }),
      hide: hide === undefined ? [] : children(hide).map((one) => asSymbol(one) ?? ""),
      prefix: asSymbol(option("prefix")) ?? "",
      start,
    },
  ];
}

/** Of `(a (b . c))`: a is a, and the b of the module is called c here. */
function selection(list: Datum): ReadonlyMap<string, string> {
  return new Map(
    children(list).map((item) => {
      const [original, local] = isList(item) ? children(item) : [item, item];
      return [asSymbol(local) ?? "", asSymbol(original) ?? ""];
    }),
  );
}

/** What the local NAME is called in the module that TAKEN is of; undefined where it is not from there. */
function originalOf({ select, hide, prefix }: Import, name: string): string | undefined {
  if (!name.startsWith(prefix)) return undefined;
  const plain = name.slice(prefix.length);
  if (select !== undefined) return select.get(plain);
  return hide.includes(plain) ? undefined : plain;
}
