#!/usr/bin/env node
// What can be said where nothing else of the program can be loaded.  It has no
// import but one that is waited for, and an old Node can read it.
const NEEDED = 20;

function refuse(message: string): void {
  process.stderr.write(`zfs-guix: ${message}\n`);
  process.exitCode = 2;
}

function refuseUnloaded(reason: string): void {
  refuse(
    `a part of zfs-guix cannot be loaded: ${reason.split("\n")[0]}; wait for a build that is going on, or install it again (npm run build in a clone)`,
  );
}

if (Number(process.versions.node.split(".")[0]) < NEEDED)
  refuse(
    `this is Node ${process.versions.node}, and zfs-guix needs Node ${NEEDED} or later; install that, or put it first on PATH`,
  );
else
  import("./program").then(
    // A file that was cut short may be empty.
    (program: Partial<typeof import("./program")>) =>
      program.main === undefined ? refuseUnloaded("its file is empty") : program.main(),
    (error: unknown) => refuseUnloaded(String(error instanceof Error ? error.message : error)),
  );
