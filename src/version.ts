import { readFileSync } from "node:fs";
import { shippedFile } from "./files";

/** The version of this zfs-guix, `0.2.0`. */
export const VERSION = (
  JSON.parse(readFileSync(shippedFile("package.json"), "utf8")) as { version: string }
).version;
