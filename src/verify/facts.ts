import * as v from "valibot";

// What verify.scm answers: validated here, so that a Guix that answers something
// else is told apart from a definition that does not hold.

const location = v.nullable(v.object({ file: v.string(), line: v.number(), column: v.number() }));

const named = v.object({ name: v.string(), version: v.string() });

export const helloFact = v.object({ version: v.string() });

export const loadFact = v.object({ file: v.nullable(v.string()), packages: v.array(v.string()) });

export const evaluateFact = v.object({
  /** null where the variable is none, or no package. */
  package: v.nullable(v.object({ ...named.entries, outputs: v.array(v.string()), location })),
  /** null where this Guix has no such kernel, or where none was asked for. */
  kernel: v.nullable(named),
});

export const derivationFact = v.object({
  file: v.string(),
  /** Whether servers may give away what they built of it. */
  substitutable: v.boolean(),
  /** The `outputs` field of the package. */
  declared: v.array(v.string()),
  outputs: v.array(v.object({ name: v.string(), path: v.string() })),
  /** Derivations that it is built from. */
  inputs: v.array(v.string()),
  /** The derivation of the kernel that was asked for. */
  kernel: v.nullable(v.string()),
  source: v.nullable(
    v.object({
      file: v.string(),
      /** Hashes in Guix base32; none where the source is not fixed-output. */
      fixed: v.array(v.object({ algorithm: v.string(), hash: v.string() })),
    }),
  ),
});

export const lintFact = v.object({
  remarks: v.array(
    v.object({
      checker: v.string(),
      message: v.string(),
      location,
      /** Guix's own packages are told the same. */
      known: v.boolean(),
    }),
  ),
});

export const cacheFact = v.object({ packages: v.array(v.string()) });

export const systemFact = v.object({ file: v.string(), tools: v.boolean() });

export type EvaluateFact = v.InferOutput<typeof evaluateFact>;
export type DerivationFact = v.InferOutput<typeof derivationFact>;
export type LintFact = v.InferOutput<typeof lintFact>;
