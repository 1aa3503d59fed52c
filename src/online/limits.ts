/** How long and how much a download may be; times in milliseconds. */
export interface Limits {
  /** Until the server begins to answer. */
  readonly answer: number;
  /** Between two pieces. */
  readonly stall: number;
  /** For one attempt as a whole. */
  readonly total: number;
  readonly bytes: number;
  readonly redirects: number;
  /** Further attempts where the network or the server failed. */
  readonly retries: number;
  /** Before the first retry; three times as long before each further one. */
  readonly retryDelay: number;
}

const PATIENCE = { answer: 30_000, stall: 30_000, redirects: 5, retries: 3, retryDelay: 1_000 };

/** For a page of the list of releases; one has about 2 MB. */
export const LIST_LIMITS: Limits = { ...PATIENCE, total: 120_000, bytes: 16 * 1024 * 1024 };

/** For a tarball; those of OpenZFS have about 35 MB. */
export const TARBALL_LIMITS: Limits = { ...PATIENCE, total: 900_000, bytes: 128 * 1024 * 1024 };
