import { setTimeout } from "node:timers/promises";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Does ACTION, short as it must be, to its end before a signal to stop has its
 * way: it fails or succeeds, but is not left half done.
 */
export async function uninterrupted<T>(action: () => Promise<T>): Promise<T> {
  let received: NodeJS.Signals | undefined;
  const hold = (signal: NodeJS.Signals): void => void (received = signal);
  for (const signal of SIGNALS) process.on(signal, hold);
  try {
    return await action();
  } finally {
    for (const signal of SIGNALS) process.off(signal, hold);
    if (received !== undefined) {
      process.kill(process.pid, received);
      // It arrives a little later; nothing else, such as giving back a lock, is begun before.
      await setTimeout(1000);
    }
  }
}
