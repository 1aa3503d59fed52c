/** What the main thread wants, and where it looks at what is being done. */
export interface Order {
  readonly seed: number;
  readonly seconds: number | undefined;
  /** How many of each target. */
  readonly cases: number | undefined;
  readonly from: number;
  readonly only: string | undefined;
  /** Index of the target and of the case. */
  readonly progress: Int32Array;
}

/** What comes back: a fault, or how many cases each target had. */
export type Message =
  | {
      readonly fault: string;
      readonly target: string;
      readonly index: number;
      readonly input: string;
    }
  | { readonly done: Readonly<Record<string, number>> };

/** In the order in which they have their turns. */
export const TARGET_NAMES = [
  "reader",
  "kernels",
  "data",
  "checkout",
  "templates",
  "words",
  "manifest",
] as const;
