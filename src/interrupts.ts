const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Has HEARD be told of a signal to stop, which has no other effect until what this returns is called. */
export function onInterrupt(heard: (signal: NodeJS.Signals) => void): () => void {
  for (const signal of SIGNALS) process.on(signal, heard);
  return () => {
    for (const signal of SIGNALS) process.off(signal, heard);
  };
}
