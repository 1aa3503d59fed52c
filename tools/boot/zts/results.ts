/** What each test came to, "PASS" for one, by its name, of what the test runner of OpenZFS printed. */
export function parseResults(text: string): ReadonlyMap<string, string> {
  const results = new Map<string, string>();
  for (const [, name, result] of text.matchAll(
    /^(?:\[[^\]]*\] )?Test: (?:\S*\/tests\/functional\/)?(\S+) \(run as \S+\) \[[\d:]+\] \[(\w+)\]$/gm,
  ))
    results.set(name!, result!);
  return results;
}

/** The tests whose results differ, each with the one and the other. */
export function differing(
  real: ReadonlyMap<string, string>,
  wrapped: ReadonlyMap<string, string>,
): readonly string[] {
  return [...new Set([...real.keys(), ...wrapped.keys()])]
    .filter((name) => real.get(name) !== wrapped.get(name))
    .map(
      (name) =>
        `${name}: ${real.get(name) ?? "not run"} with the real commands, ${wrapped.get(name) ?? "not run"} with the wrapped ones`,
    );
}
