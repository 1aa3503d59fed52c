// Before the first test: is there what the tests need and npm does not install?
import { spawnSync } from "node:child_process";

const PROGRAMS = [
  ["guile", ["--version"], "guile-3.0"],
  // With the headers of the C library.
  ["gcc", ["-E", "-x", "c", "-include", "stdio.h", "/dev/null"], "gcc libc6-dev"],
  ["git", ["--version"], "git"],
];

/** What those on Guix run beside these. */
const ON_GUIX = [
  ["gpg", ["--version"], "gnupg"],
  ["shepherd", ["--version"], "shepherd"],
];

export default function setup() {
  const onGuix = process.env.WITH_GUIX !== undefined;
  const missing = [...PROGRAMS, ...(onGuix ? ON_GUIX : [])].filter(
    ([program, words]) => spawnSync(program, words).status !== 0,
  );
  if (missing.length > 0) {
    const names = missing.map(([program]) => program).join(" and ");
    process.stderr.write(
      `the tests run ${names}, which ${missing.length === 1 ? "does" : "do"} not run here: apt-get install -y ${missing.map(([, , packages]) => packages).join(" ")}\n`,
    );
    process.exit(2);
  }
  if (!onGuix)
    process.stderr.write("skipped: the tests on a real Guix; npm run test:guix runs them\n");
}
