declare module "zfs-guix:help" {
  /** What yargs shows for each of these words, which spaces separate; made by build.mjs. */
  export const helpTexts: Readonly<Record<string, string>>;
}
