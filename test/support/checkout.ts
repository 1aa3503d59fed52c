import { join } from "node:path";
import { temporaryDirectory } from "./directory";
import { fileSystemsScm, linuxScm, type CheckoutTexts } from "./guix-texts";

export * from "./guix-texts";

/** A partial checkout, gone after the test, and the path of its file-systems.scm. */
export function temporaryCheckout({
  linux = linuxScm(),
  fileSystems = fileSystemsScm(),
}: Partial<CheckoutTexts> = {}): {
  readonly directory: string;
  readonly path: string;
} {
  const directory = temporaryDirectory({
    "gnu/packages/linux.scm": linux,
    "gnu/packages/file-systems.scm": fileSystems,
  });
  return { directory, path: join(directory, "gnu/packages/file-systems.scm") };
}
