import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { onRealGuix, SLOW } from "../support/real-guix";
import { PROJECT } from "../support/run";
import { type Fixture, makeFixture, removeFixture } from "../support/emitted";

onRealGuix(({ checkout }) => {
  test(
    "every command of every release becomes its file of the profile that Guix makes",
    () => {
      const { releases } = JSON.parse(
        readFileSync(`${PROJECT}/data/openzfs-releases.json`, "utf8"),
      ) as { releases: { tools: Record<string, string[]> }[] };
      const lists = new Set(releases.map(({ tools }) => JSON.stringify(tools)));
      const { status, stdout, stderr } = spawnSync(
        `${PROJECT}/test/real-guix/commands`,
        checkout === undefined ? [] : ["-L", checkout],
        { encoding: "utf8", timeout: SLOW },
      );
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout).toMatch(/^\d+ commands became the right file\n$/u);
      // There are some of one name before 2.4 and another since, which two lists do not have both.
      const names = [...lists].reduce(
        (total, list) =>
          total + Object.values(JSON.parse(list) as Record<string, string[]>).flat().length,
        0,
      );
      expect(Number.parseInt(stdout, 10)).toBe(names + 2 * lists.size);
    },
    SLOW,
  );

  describe("zfs-guix-status asks the Shepherd", () => {
    let fixture: Fixture;
    let shepherd: ChildProcess;
    const status = (options: { uid?: number } = {}) => {
      const { status, stdout } = spawnSync(fixture.command("zfs-guix-status"), {
        encoding: "utf8",
        ...options,
      });
      return {
        status,
        lines: stdout
          .split("\n")
          .slice(stdout.split("\n").indexOf("What the next boot changes cannot be told.") + 1, -1),
      };
    };

    beforeAll(async () => {
      fixture = makeFixture();
      const program = join(fixture.store, "0123456789abcdfghijklmnpqrsvwxyz-zfs-import");
      fixture.addProgram(
        fixture.store,
        "0123456789abcdfghijklmnpqrsvwxyz-zfs-import",
        "#!/bin/sh\necho looking\nprintf 'no pool t\\033nk\\n'\nexit 1\n",
      );
      const file = join(fixture.folder, "shepherd.scm");
      writeFileSync(
        file,
        `(use-modules (shepherd service timer))
  (define services
   (list
    (service '(zfs-pools) #:start (const #t))
    (service '(zfs-import) #:start (lambda _ (zero? (spawn-command (list ${JSON.stringify(program)})))))
    (service '(zfs-mount device-mapping-zfs/datasets) #:start (const #f))
    (service '(zfs-volumes) #:start (const #t))
    (service '(zed) #:start (make-forkexec-constructor '("/bin/sh" "-c" "echo trouble; exit 1")))
    (service '(zfs-scrub) #:start (make-timer-constructor (calendar-event #:seconds (iota 60)) (command '("/bin/sh" "-c" "echo no scrub; exit 3"))) #:stop (make-timer-destructor))
    (service '(zfs-trim) #:start (make-timer-constructor (calendar-event #:seconds (iota 60)) (command '("/bin/true"))) #:stop (make-timer-destructor))
    (service '(somebody-elses) #:start (const #f))))
  (register-services services)
  (start-in-the-background (map service-canonical-name services))\n`,
      );
      shepherd = spawn(
        "shepherd",
        [
          "--silent",
          "--insecure",
          `--config=${file}`,
          `--socket=${fixture.shepherd}`,
          `--logfile=${fixture.log}`,
        ],
        { stdio: "ignore", env: { ...process.env, HOME: fixture.folder } },
      );
      const said = (...words: string[]) =>
        existsSync(fixture.log) &&
        words.every((word) => readFileSync(fixture.log, "utf8").includes(word));
      for (
        let tries = 0;
        tries < 300 &&
        !said(
          "Service zed has been disabled",
          "of timer 'zfs-scrub' terminated",
          "Service zfs-import could not be started",
        );
        tries += 1
      )
        await pause(100);
    });
    afterAll(() => {
      shepherd.kill("SIGKILL");
      removeFixture(fixture);
    });

    test("which of its services failed, and why", () => {
      const { status: code, lines } = status();
      expect(code).toBe(1);
      expect(lines.join("\n")).toBe(
        [
          "The service zfs-import could not be started:\n  looking\n  no pool t\\x1bnk",
          "The service zfs-mount could not be started.",
          "The service zed is disabled.",
          "The service zfs-scrub failed when its time came last:\n  no scrub",
        ].join("\n"),
      );
    });

    test("which only root may", () => {
      expect(status({ uid: 65_534 })).toEqual({
        status: 2,
        lines: ["Only root may ask the Shepherd about its services."],
      });
    });
  });
});
