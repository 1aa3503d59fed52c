import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import { TOOLS_SOURCE } from "./source-tree";

export interface TarballContents {
  readonly meta: string | undefined;
  readonly makefiles: readonly string[];
}

/** Of one file, and of all that is unpacked: more is no OpenZFS. */
const MAXIMUM_FILE = 1024 * 1024;
const MAXIMUM_UNPACKED = 1024 * 1024 * 1024;

/** The SHA-256 of BYTES as Guix writes it. */
export function guixHash(bytes: Uint8Array): string {
  return nixBase32(createHash("sha256").update(bytes).digest());
}

/** Reads the tarball of release VERSION; throws an Error where it is none, or unpacks to more than MAXIMUM bytes. */
export async function readTarball(
  bytes: Uint8Array,
  version: string,
  maximum = MAXIMUM_UNPACKED,
): Promise<TarballContents> {
  let meta: string | undefined;
  const makefiles: string[] = [];
  let unpacked = 0;
  const gunzip = createGunzip();
  gunzip.on("data", (chunk: Buffer) => {
    unpacked += chunk.length;
    if (unpacked > maximum) gunzip.destroy(new Error(`it unpacks to more than ${maximum} bytes`));
  });
  const entries = extract();
  gunzip.on("error", (error) => entries.destroy(error));
  Readable.from([bytes]).pipe(gunzip).pipe(entries);
  for await (const entry of entries) {
    const { name, type, size } = entry.header;
    const path = name.startsWith(`zfs-${version}/`)
      ? name.slice(`zfs-${version}/`.length)
      : undefined;
    const wanted =
      path !== undefined &&
      type === "file" &&
      size <= MAXIMUM_FILE &&
      (path === "META" || TOOLS_SOURCE.test(path));
    const pieces: Uint8Array[] = [];
    // An entry that nobody reads stops the others.
    for await (const piece of entry) if (wanted) pieces.push(piece as Uint8Array);
    if (!wanted) continue;
    const text = Buffer.concat(pieces).toString("utf8");
    if (path === "META") meta = text;
    else makefiles.push(text);
  }
  return { meta, makefiles };
}

/** Nix's and Guix's digits: no e, o, t or u, so that no word comes of it. */
const DIGITS = "0123456789abcdfghijklmnpqrsvwxyz";

/**
 * BYTES in the base32 of Nix and Guix: five bits a digit, the last bits first
 * (`bytevector->nix-base32-string` of (guix base32)).
 */
export function nixBase32(bytes: Uint8Array): string {
  let text = "";
  for (let digit = Math.ceil((bytes.length * 8) / 5) - 1; digit >= 0; digit--) {
    const bit = digit * 5;
    const index = bit >> 3;
    const pair = bytes[index]! | ((bytes[index + 1] ?? 0) << 8);
    text += DIGITS[(pair >> (bit & 7)) & 31]!;
  }
  return text;
}
