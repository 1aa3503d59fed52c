import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { shellLine } from "../../src/errors";
import { fileSystemsScm, linuxScm } from "../support/guix-texts";
import { temporaryDirectory } from "../support/directory";
import { evaluate, onRealGuix } from "../support/real-guix";
import { releaseDataText } from "../support/releases";
import { PROJECT } from "../support/run";

onRealGuix((guix) => {
  const { checkout } = guix;

  test("README.md names the branch of the clone, which Guix would not look for", () => {
    const [, branch] = /branches: \[(.*)\]/.exec(
      readFileSync(`${PROJECT}/.github/workflows/test.yml`, "utf8"),
    )!;
    const [, channels] = /```scheme\n(\(cons \(channel\n[^]*?)```/.exec(
      readFileSync(`${PROJECT}/README.md`, "utf8"),
    )!;
    const home = temporaryDirectory({ "zfs-guix/.keep": "" });
    const sh = (script: string): string =>
      spawnSync("sh", ["-ec", script], { cwd: join(home, "zfs-guix"), encoding: "utf8" }).stdout;
    const commit = sh(
      `git init --quiet --initial-branch=${branch}; git -c user.name=A -c user.email=a@example.org commit --quiet --allow-empty --message=A; git rev-parse HEAD`,
    );
    expect(
      evaluate(
        guix,
        [],
        `(use-modules (guix channels) (guix git) (srfi srfi-71))
(setenv "HOME" ${JSON.stringify(home)})
(let* ((channel (car ${channels}))
       (directory commit relation
                  (update-cached-checkout (channel-url channel)
                                          #:ref (cons 'branch (channel-branch channel))
                                          #:cache-directory ${JSON.stringify(join(home, "cache"))})))
  (format #t "~a~%" commit))`,
      ),
    ).toMatchObject({ status: 0, stdout: commit });
  });

  if (checkout !== undefined) {
    test.skip("guix on PATH is the one that authenticates", () => {});
    return;
  }

  test("the lines of doc/channel.md make a channel that Guix authenticates, and that nobody else can add to", () => {
    const directory = temporaryDirectory({
      "channel/kernels.scm": '("6.12")',
      "channel/data/openzfs-releases.json": releaseDataText(),
      "channel/.guix-channel": readFileSync(`${PROJECT}/.guix-channel`),
      "guix/gnu/packages/linux.scm": linuxScm(
        { "6.18": "6.18.1", "7.0": "7.0.1" },
        { latest: "7.0", lts: "6.18" },
      ),
      "guix/gnu/packages/file-systems.scm": fileSystemsScm(),
      "bin/zfs-guix": `#!/bin/sh\nexec ${shellLine([process.execPath, `${PROJECT}/dist/zfs-guix.js`])} "$@"\n`,
      "keys/none": "",
    });
    chmodSync(join(directory, "bin/zfs-guix"), 0o755);
    chmodSync(join(directory, "keys"), 0o700);
    const env = {
      PATH: `${directory}/bin:${process.env.PATH}`,
      HOME: directory,
      GNUPGHOME: join(directory, "keys"),
      LC_ALL: "C.UTF-8",
    };
    const sh = (script: string): { status: number | null; said: string } => {
      const { status, stdout, stderr } = spawnSync("bash", ["-ec", script], {
        cwd: join(directory, "channel"),
        encoding: "utf8",
        env,
      });
      return { status, said: stdout + stderr };
    };
    const key = (name: string): string =>
      `gpg --batch --quiet --passphrase '' --quick-generate-key '${name} <${name}@example.org>' ed25519 sign 1d`;
    expect(
      sh(
        `${key("alice")}; git init --quiet --initial-branch=main; git config user.name Alice; git config user.email alice@example.org; zfs-guix generate --quiet; git add --all; git commit --quiet --message=Start`,
      ),
    ).toMatchObject({ status: 0 });

    const lines = [
      ...readFileSync(`${PROJECT}/doc/channel.md`, "utf8").matchAll(/^```sh\n([^]*?)^```$/gm),
    ].map(([, text]) => text);
    expect(lines).toHaveLength(4);
    const run = sh(lines.join(""));
    expect([run.status, run.said]).toEqual([
      0,
      expect.stringMatching(/^commit {3}\w+ gnu: .*\ncommit {3}\w+ news: /m),
    ]);
    expect(run.said.match(/successfully authenticated commit/g)).toHaveLength(2);

    expect(
      sh(
        "git -c commit.gpgSign=false commit --quiet --allow-empty --no-verify --message=Bot; guix git authenticate",
      ),
    ).toEqual({ status: 1, said: expect.stringContaining("lacks a signature") });
    expect(
      sh(
        `git reset --quiet --hard HEAD^; ${key("mallory")}; git -c user.signingKey=mallory@example.org commit --quiet --allow-empty --message=Mallory; guix git authenticate`,
      ),
    ).toEqual({ status: 1, said: expect.stringContaining("is missing") });
    expect(sh("git reset --quiet --hard HEAD^; guix git authenticate")).toMatchObject({
      status: 0,
    });
    // The agent that gpg starts would outlive the test.
    sh("gpgconf --kill all");
  }, 120_000);
});
