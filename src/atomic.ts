import { constants, promises, type Stats } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Makes FILE, which is no symbolic link, hold TEXT, in one step.  READY is
 * called just before that step, to think better of it.
 *
 * A temporary file that a killed process left behind is a hidden one whose
 * name ends in `.tmp`, which nothing takes for a Scheme file; the next who
 * writes FILE takes it away.
 *
 * The libraries for this, write-file-atomic and atomically, take what one
 * write(2) wrote for the whole: on a disk that fills up they put half a file in
 * place.  Nor do they let a caller look once more before the step.
 */
export async function replaceAtomically(
  file: string,
  text: string,
  ready: () => Promise<void>,
): Promise<void> {
  const old = await statIfAny(file);
  await removeStale(file);
  const temporary = temporaryFor(file, process.pid);
  try {
    const handle = await promises.open(
      temporary,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL,
      old === undefined ? 0o666 : 0o600,
    );
    try {
      await handle.writeFile(text, "utf8");
      if (old !== undefined) await copyOwnerAndMode(handle, old);
      // Else a crash of the system could leave an empty file under the name.
      await handle.sync();
    } finally {
      await handle.close();
    }
    await ready();
    await promises.rename(temporary, file);
  } catch (error) {
    await promises.unlink(temporary).catch(() => {});
    throw error;
  }
  await syncDirectory(dirname(file));
}

function temporaryFor(file: string, process: number): string {
  return join(dirname(file), `.${basename(file)}.zfs-guix-${process}.tmp`);
}

/** A write takes a fraction of a second, so one of an hour ago was killed. */
const STALE_AFTER = 3_600_000;

/** Takes away what killed processes left; one with our own number is not ours, either. */
async function removeStale(file: string): Promise<void> {
  const beginning = `.${basename(file)}.zfs-guix-`;
  const own = basename(temporaryFor(file, process.pid));
  // Who may not list the directory may write in it all the same.
  for (const name of await promises.readdir(dirname(file)).catch(() => [])) {
    if (!name.startsWith(beginning) || !/^[0-9]+\.tmp$/.test(name.slice(beginning.length)))
      continue;
    const path = join(dirname(file), name);
    const found = await statIfAny(path);
    if (found !== undefined && (name === own || Date.now() - found.mtimeMs > STALE_AFTER))
      await promises.unlink(path).catch(() => {});
  }
}

async function copyOwnerAndMode(handle: FileHandle, { uid, gid, mode }: Stats): Promise<void> {
  const made = await handle.stat();
  // Only root can give a file away; for others it becomes theirs, as with an editor.
  if (made.uid !== uid || made.gid !== gid) await handle.chown(uid, gid).catch(() => {});
  await handle.chmod(mode & 0o7777);
}

/** So that the new name survives a crash, where the file system can promise that. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await promises.open(directory, constants.O_RDONLY).catch(() => undefined);
  if (handle === undefined) return;
  await handle.sync().catch(() => {});
  await handle.close();
}

async function statIfAny(file: string): Promise<Stats | undefined> {
  return promises.stat(file).catch(() => undefined);
}
