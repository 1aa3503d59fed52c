import type { Command, Guix } from "../guix/launcher";
import { shippedFile } from "../package-root";
import { shellLine } from "../process/shell";
import { schemeString, schemeSymbol } from "../scheme/literal";
import type { ModuleCheck, PackageCheck } from "./finding";
import { moduleName } from "./judge";
import type { Subject, Target } from "./subject";

/** The script that answers; see there for the form of a question. */
export function answeringScript(): string {
  return shippedFile("src/guix/verify.scm");
}

/** Guix's packages beside ours: what is said of them is not held against ours. */
const LIKE_OURS = "(zfs zfs-auto-snapshot)";

/** The question of each check, an S-expression. */
export const ask = {
  hello: () => "(hello)",
  connect: () => "(connect)",
  load: ({ module, before }: Target) => `(load ${moduleName(module)} (${before.map(moduleName).join(" ")}))`,
  evaluates: (target: Target, subject: Subject) => `(evaluate ${variable(target, subject)} ${kernel(subject)})`,
  derivation: (target: Target, subject: Subject) => `(derivation ${variable(target, subject)} ${kernel(subject)})`,
  lint: (target: Target, subject: Subject) => `(lint ${variable(target, subject)} ${LIKE_OURS})`,
  style: (target: Target, subject: Subject) => `(style ${variable(target, subject)})`,
  system: (target: Target, subject: Subject) => `(system ${variable(target, subject)} ${kernel(subject)})`,
  cache: (directory: string) => `(cache ${schemeString(directory)})`,
} as const;

function variable({ module }: Target, { name }: Subject): string {
  return `${moduleName(module)} ${schemeSymbol(name)}`;
}

function kernel({ kernel: named }: Subject): string {
  return named === undefined ? "#f #f" : `${moduleName(named.module)} ${schemeSymbol(named.variable)}`;
}

/** What builds a package, without grafts, as its derivation was computed. */
export function buildCommand(guix: Guix, target: Target, { name }: Subject): Command {
  return guix.withLoadPath("build", target.loadPath, "--no-grafts", name);
}

/**
 * A line for a shell that shows what CHECK found.  Guix is content with a
 * package that JUDGED says is not what it should be: only its facts show that.
 */
export function reproducePackageCheck(check: PackageCheck, guix: Guix, target: Target, subject: Subject, judged = false): string {
  const { name } = subject;
  switch (check) {
    case "evaluates":
    case "derivation":
      if (judged) return asked(ask[check](target, subject), guix, target);
      return shellLine(guix.withLoadPath("build", target.loadPath, "--no-grafts", "--derivations", name));
    case "lint":
      return shellLine(guix.withLoadPath("lint", target.loadPath, "--no-network", name));
    case "style":
      return shellLine(guix.withLoadPath("style", target.loadPath, "--dry-run", name));
    case "system":
      return asked(ask.system(target, subject), guix, target);
    case "builds":
      return shellLine(buildCommand(guix, target, subject));
  }
}

/** The same for what is asked of the module. */
export function reproduceModuleCheck(check: ModuleCheck, guix: Guix, target: Target): string {
  switch (check) {
    case "loads":
      return asked(ask.load(target), guix, target);
    case "cache":
      return asked(ask.cache(target.channel ?? ""), guix, target);
  }
}

function asked(question: string, guix: Guix, target: Target): string {
  return `${shellLine(["echo", question])} | ${shellLine(guix.script(answeringScript(), target.loadPath))}`;
}
