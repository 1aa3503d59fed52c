import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { PROJECT } from "../support/run";

/** Calls PROCEDURE of (zfs-guix build pools) with TEXT, and returns what it displays. */
function call(procedure: string, text: string): string {
  const { status, stdout, stderr } = spawnSync(
    "guile",
    [
      "--no-auto-compile",
      "-L",
      join(PROJECT, "generated"),
      "-c",
      `(write ((@ (zfs-guix build pools) ${procedure}) (cadr (command-line))))`,
      text,
    ],
    { encoding: "utf8" },
  );
  expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
  return stdout;
}

/** What show_import of zpool_main.c prints: as releases up to 2.2 and as later ones have it. */
const ways = {
  "2.1": (status: string, comment = "") =>
    `   pool: tank\n     id: 17\n  state: ONLINE\n${status === "" ? "" : `status: ${status}\n`} action: The pool can be imported using its name or numeric identifier.\n${comment === "" ? "" : ` comment: ${comment}\n`} config:\n\n\ttank        ONLINE\n\t  status    ONLINE\n`,
  "2.4": (status: string, comment = "") => {
    const indent = comment === "" ? "" : " ";
    return `${indent}  pool: tank\n${indent}    id: 17\n${indent} state: ONLINE\n${status === "" ? "" : `${indent}status: ${status}\n`}${indent}action: The pool can be imported using its name or numeric identifier.\n${comment === "" ? "" : `comment: ${comment}\n`}${indent}config:\n\n\ttank        ONLINE\n\t  status    ONLINE\n`;
  },
};

describe.each(Object.entries(ways))("what 'zpool import' of release %s lists", (_, shown) => {
  test.each([
    ["", "", '("tank" "17" "ONLINE" #f '],
    [
      "The pool was last accessed by another system.",
      "",
      '"The pool was last accessed by another system."',
    ],
    ["", "status: The pool was last accessed by another system", '("tank" "17" "ONLINE" #f '],
    ["", "pool: other", '(("tank" "17" "ONLINE" #f '],
    ["", "state: UNAVAIL id: 3", '(("tank" "17" "ONLINE" #f '],
  ])("status %j, comment %j", (status, comment, expected) => {
    const pools = call("parse-importable-pools", shown(status, comment));
    expect(pools).toContain(expected);
    expect(pools.match(/"tank" "17"/g)).toHaveLength(1);
  });

  test("two pools", () => {
    const pools = call("parse-importable-pools", `${shown("")}\n${shown("").replace("17", "18")}`);
    expect(pools.match(/\("tank" "1[78]" "ONLINE"/g)).toEqual([
      '("tank" "17" "ONLINE"',
      '("tank" "18" "ONLINE"',
    ]);
  });
});

// do_import of zpool_main.c, the same in 2.1 to 2.4.
describe("why an import failed", () => {
  test.each([
    [
      "cannot import 'tank': pool was previously in use from another system.\nLast accessed by other (hostid=1) at Sat Nov 28 12:00:00 2026\nThe pool can be imported, use 'zpool import -f' to import the pool.\n",
      "foreign",
    ],
    [
      "cannot import 'tank': pool is imported on other (hostid: 0x1)\nExport the pool on the other system, then run 'zpool import'.\n",
      "active",
    ],
    [
      "Cannot import 'tank': pool has the multihost property on and the\nsystem's hostid is not set. Set a unique hostid with the zgenhostid(8) command.\n",
      "no-hostid",
    ],
    [
      "cannot import 'tank': I/O error\n\tDestroy and re-create the pool from\n\ta backup source.\n",
      "failed",
    ],
    ["cannot import 'pool is imported on': no such pool available\n", "failed"],
    ["", "failed"],
  ])("%j", (said, reason) => {
    expect(call("failure-of-import", said)).toBe(reason);
  });
});
