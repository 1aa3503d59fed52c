import { isUtf8 } from "node:buffer";
import { constants, promises } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { getSystemErrorMap } from "node:util";
import { replaceAtomically } from "./atomic";
import { isUserError, position, UserError, type Problem } from "./errors";

/**
 * The text of FILE, which must be UTF-8; a byte order mark stays in it, so that
 * what is written back is what was read.
 *
 * Throws a UserError that names WHAT (such as "kernel list") where it cannot.
 */
export async function readText(
  file: string,
  what: string,
  hint = "make it a file that can be read",
): Promise<string> {
  let bytes: Buffer;
  try {
    if (!OWN_INPUT.test(file)) await refuseSpecial(file, what);
    bytes = await promises.readFile(file);
  } catch (error) {
    if (isUserError(error)) throw error;
    const isNoDirectory = errorCode(error) === "ENOTDIR";
    throw new UserError({
      file,
      message: `cannot read the ${what}: ${isNoDirectory ? "a file stands where a directory is due" : systemMessage(error)}`,
      hint: isNoDirectory ? "name a directory" : hint,
    });
  }
  const text = bytes.toString("utf8");
  if (isUtf8(bytes)) return text;
  throw new UserError({
    file,
    // What cannot be read becomes U+FFFD.
    ...position(text, text.indexOf("\ufffd")),
    message: `the ${what} is not UTF-8 text`,
    hint: "save it as UTF-8",
  });
}

/** What the shell has open for us, as for `<(…)`: a pipe, perhaps, but one that ends. */
const OWN_INPUT = /^\/dev\/(stdin$|fd\/\d+$)/;

/** Makes sure that FILE is a file: a pipe may never have a writer, and a device no end. */
async function refuseSpecial(file: string, what: string): Promise<void> {
  const status = await promises.stat(file);
  if (status.isFile() || status.isDirectory()) return;
  throw new UserError({
    file,
    message: `cannot read the ${what}: it is a pipe, a socket or a device, not a file`,
    hint: "name a file, or /dev/stdin",
  });
}

export async function readTextIfAny(file: string, what: string): Promise<string | undefined> {
  try {
    return await readText(file, what);
  } catch {
    const isThere = await promises.stat(file).catch(errorCode);
    // It may have come in the meantime.
    return isThere === "ENOENT" ? undefined : readText(file, what);
  }
}

/** Whether there is something by the name FILE, if only a link to nothing: who reads it is told what is wrong. */
export async function exists(file: string): Promise<boolean> {
  return promises.lstat(file).then(
    () => true,
    (error: unknown) => !["ENOENT", "ENOTDIR"].includes(errorCode(error) ?? ""),
  );
}

/**
 * Replaces FILE by TEXT in one step: whoever looks sees the old file or the
 * new one, whenever this is killed.  Its mode and owner are kept, and a
 * symbolic link is followed.
 *
 * BEFORE is what FILE held when it was read, undefined if it was not there; a
 * file that somebody changed in the meantime is left alone.
 */
export async function replaceText(
  file: string,
  before: string | undefined,
  text: string,
): Promise<void> {
  try {
    await refuseChanged(file, before);
    if (before === undefined) await makeDirectory(dirname(file));
    const target = await followLinks(file);
    // Its directory alone decides whether it can be replaced; who made it read-only means it.
    if (before !== undefined) await refuseReadOnly(file, target);
    await replaceAtomically(target, text, () => refuseChanged(file, before));
  } catch (error) {
    if (isUserError(error)) throw error;
    const isFull = ["ENOSPC", "EDQUOT", "EFBIG"].includes(errorCode(error) ?? "");
    const writable = `make it and its directory writable${before === undefined ? ", or name another place" : ""}`;
    throw new UserError({
      file,
      message: `cannot write: ${systemMessage(error)}`,
      hint: isFull ? "nothing was changed in it; make room and run the command again" : writable,
    });
  }
}

/** Takes FILE away, unless it no longer holds BEFORE. */
export async function removeText(file: string, before: string | undefined): Promise<void> {
  await refuseChanged(file, before);
  try {
    await promises.unlink(file);
  } catch (error) {
    throw new UserError({
      file,
      message: `cannot take this file away: ${systemMessage(error)}`,
      hint: "make its directory writable",
    });
  }
}

/** The system lets root write anything, but a mode that lets nobody write is meant for root, too. */
async function refuseReadOnly(file: string, target: string): Promise<void> {
  await promises.access(target, constants.W_OK);
  if (((await promises.stat(target)).mode & 0o222) !== 0) return;
  throw new UserError({
    file,
    message: "cannot write: its mode lets nobody write it",
    hint: "make it writable",
  });
}

/** What FILE is, through symbolic links; one that points to nothing is an error. */
async function followLinks(file: string): Promise<string> {
  return (await promises.lstat(file).catch(() => undefined)) === undefined
    ? file
    : promises.realpath(file);
}

async function refuseChanged(file: string, before: string | undefined): Promise<void> {
  if ((await readTextIfAny(file, "file")) === before) return;
  throw new UserError({
    file,
    message: "somebody else changed this file in the meantime",
    hint: "nothing was written to it; run the command again",
  });
}

/**
 * Makes DIRECTORY and what it stands in.  Node's own `recursive` never returns
 * where a file system answers "no such file" to a new directory, as /proc does.
 */
async function makeDirectory(directory: string): Promise<void> {
  const parent = dirname(directory);
  if (parent !== directory && !(await exists(parent))) await makeDirectory(parent);
  try {
    await promises.mkdir(directory);
  } catch (error) {
    // Another process may have made the same one.
    if (errorCode(error) !== "EEXIST" || !(await promises.stat(directory)).isDirectory())
      throw error;
  }
}

/** Why a system call failed, in the system's words. */
export function systemMessage(error: unknown): string {
  const errno = (error as { errno?: number } | null)?.errno;
  const message = errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1];
  return message ?? (error instanceof Error ? error.message : String(error));
}

export function errorCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : undefined;
}

/** A file that comes with zfs-guix; both src/ and dist/ stand one folder below the top. */
export function shippedFile(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

/** The lines of TEXT that git writes where two versions cannot be merged. */
export function conflictProblems(text: string): Problem[] {
  return [...text.matchAll(/^(<{7}|>{7})(?: .*)?\r?$/gm)].map((match) => ({
    ...position(text, match.index),
    message: `this is a conflict marker of git's: ${JSON.stringify(match[0].trim())}`,
    hint: "resolve the conflict first",
  }));
}

export function refuseConflicts(file: string, text: string): void {
  const problems = conflictProblems(text);
  if (problems.length > 0) throw new UserError(problems.map((problem) => ({ file, ...problem })));
}
