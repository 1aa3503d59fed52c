import type { Kernel } from "../kernel";
import { support } from "../openzfs/compatibility";
import type { Release } from "../openzfs/release";
import { formatSeries, seriesOfVersion } from "../series";
import type { DerivationFact, EvaluateFact, LintFact } from "./facts";
import { verdict, type Verdict } from "./finding";
import type { Subject, Target } from "./subject";
import { list, trimmed } from "./words";

/** A module's name as Scheme writes it. */
export function moduleName(module: readonly string[]): string {
  return `(${module.join(" ")})`;
}

/** Why the package is not in this Guix, which is no failure; undefined where it is. */
export function missing(fact: EvaluateFact, { kernel }: Subject): string | undefined {
  if (kernel === undefined || fact.kernel !== null || fact.package !== null) return undefined;
  return `there is no ${kernel.variable} in ${moduleName(kernel.module)}`;
}

/** The release of VERSION among those of TARGET. */
export function releaseOf(version: string, { releases }: Target): Release | undefined {
  return releases.find((release) => release.version === version);
}

/** Whether a package that is not missing is what it should be. */
export function judgeEvaluation({ package: found, kernel: actual }: EvaluateFact, { name, kernel, isVariant }: Subject, target: Target): Verdict {
  if (found === null) return verdict([`${moduleName(target.module)} has no public package ${name}`]);
  if (kernel !== undefined && actual === null) {
    return verdict([`it is a package although this Guix has no ${kernel.variable} in ${moduleName(kernel.module)}, so guix pull would fail for every user`]);
  }
  const lines: string[] = [];
  if (found.name !== name) lines.push(`the package is named ${found.name}, not ${name}`);
  if (found.location !== null && found.location.file !== target.file) lines.push(`it is defined in ${found.location.file}, not in ${target.file}`);
  if (isVariant) lines.push(...releaseLines(found.version, kernel, target));
  if (kernel !== undefined && actual !== null) {
    const series = seriesOfVersion(actual.version);
    if (series === undefined || formatSeries(series) !== formatSeries(kernel.series)) {
      lines.push(`${kernel.variable} is Linux ${actual.version}, not of the series ${formatSeries(kernel.series)}`);
    }
  }
  return verdict(lines);
}

function releaseLines(version: string, kernel: Kernel | undefined, target: Target): string[] {
  const release = releaseOf(version, target);
  if (release === undefined) return [`its version, ${version}, is no known release of OpenZFS; name newer data with --releases FILE`];
  if (kernel === undefined) return ["no kernel of the list asks for it, so none is known that it is for; name the list with --kernels-file FILE"];
  const series = formatSeries(kernel.series);
  const answer = support(release, kernel.series);
  switch (answer.kind) {
    case "supported":
      return [];
    case "advisory":
      return [`OpenZFS ${version}, for Linux ${series}: ${answer.advisory.says} (${answer.advisory.source})`];
    case "unsupported":
      return [`OpenZFS ${version} does not support Linux ${series}, which is ${answer.because}`];
  }
}

/** Whether a derivation has its outputs, its kernel and its source, and stays with who builds it. */
export function judgeDerivation(fact: DerivationFact, { kernel, isVariant }: Subject, release: Release | undefined): Verdict {
  const lines: string[] = [];
  const outputs = list(fact.outputs.map(({ name }) => name));
  const declared = list(fact.declared);
  if (outputs !== declared) lines.push(`the derivation has the outputs ${outputs}, but the package declares ${declared}`);
  if (kernel !== undefined && (fact.kernel === null || !fact.inputs.includes(fact.kernel))) {
    const kernels = fact.inputs.map(storeName).filter((name) => /^linux(-libre)?-[0-9]/.test(name));
    lines.push(`it is built for ${list(kernels)}, not for ${kernel.variable}${fact.kernel === null ? "" : ` (${storeName(fact.kernel)})`}`);
  }
  if (isVariant) lines.push(...sourceLines(fact, release));
  if (isVariant && fact.substitutable) lines.push("it may be substituted, but its kernel module may be built and not distributed: it needs #:substitutable? #f");
  return verdict(lines);
}

function sourceLines({ source, inputs }: DerivationFact, release: Release | undefined): string[] {
  if (source === null) return ["it has no source"];
  const lines = inputs.includes(source.file) ? [] : [`its source, ${source.file}, is not among what it is built from`];
  const hashes = source.fixed.map(({ algorithm, hash }) => `${algorithm}:${hash}`);
  if (hashes.length === 0) return [...lines, "its source is not fixed-output: it has no hash"];
  if (release?.sha256 !== undefined && !hashes.includes(`sha256:${release.sha256}`)) {
    lines.push(`its source has the hash ${list(hashes)}, not sha256:${release.sha256}, that of OpenZFS ${release.version}`);
  }
  return lines;
}

/** `linux-libre-6.12.95` of `/gnu/store/…-linux-libre-6.12.95.drv`. */
function storeName(file: string): string {
  return file.replace(/^.*\/[0-9a-z]{32}-/, "").replace(/\.drv$/, "");
}

/**
 * Remarks that are answered: zfs-auto-snapshot looks its zfs up by that label,
 * and it gets our commands there.
 */
const ACCEPTED: ReadonlySet<string> = new Set(["label 'zfs' does not match package name 'zfs-guix-tools'"]);

/**
 * A checker that fails for what Guix is, not for what the definition is: where
 * Guix is not compiled, (guix gexp) calls a predicate that is a macro, defined
 * further down, and so fails on any nested gexp.
 */
const NOT_COMPILED = /Wrong type to apply: #<syntax-transformer /;

/** What guix lint says of this package and not of Guix's own. */
export function judgeLint({ remarks }: LintFact): Verdict {
  return verdict(
    remarks
      .filter(({ known, message }) => !known && !ACCEPTED.has(message) && !NOT_COMPILED.test(message))
      .flatMap(({ checker, message, location }) =>
        trimmed(`${location === null ? "" : `${location.file}:${location.line}:${location.column}: `}${message} [${checker}]`),
      ),
  );
}

/** What guix style would edit; it says nothing where it would edit nothing. */
export function judgeStyle(said: string): Verdict {
  return verdict(trimmed(said));
}

/** Whether the cache lists PACKAGES, those that this Guix can have, and no other ZFS. */
export function judgeCache(cached: readonly string[], packages: readonly string[]): Verdict {
  const absent = packages.filter((name) => !cached.includes(name));
  return verdict(absent.length === 0 ? [] : [`the package cache lacks ${list(absent)}`]);
}
