/**
 * Has V8 leave out its optimizing compiler, which is done when we nearly are
 * and takes as much of the processor as all else that we do: `check` of a
 * checkout takes 0.11 seconds of it instead of 0.16, see `npm run bench`.
 *
 * Only where there is something to run at all, since asking for this takes two
 * thousandths; and not for what may run long, which the compiler pays for.
 */
export async function expectShortRun(): Promise<void> {
  const { setFlagsFromString } = await import("node:v8");
  setFlagsFromString("--no-opt");
}

/** Takes that back, where it turns out that there is much to do: a diff of a long file takes 0.1 seconds longer without. */
export async function expectLongRun(): Promise<void> {
  const { setFlagsFromString } = await import("node:v8");
  setFlagsFromString("--opt");
}
