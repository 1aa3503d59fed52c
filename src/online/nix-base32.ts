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
