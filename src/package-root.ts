import { fileURLToPath } from "node:url";

/** A file that comes with zfs-guix; both src/ and dist/ stand one folder below the top. */
export function shippedFile(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}
