import { expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { commandPaths, type Release } from "../../src/read/openzfs/release";

const { releases } = JSON.parse(readFileSync("data/openzfs-releases.json", "utf8")) as {
  releases: Release[];
};

test("the commands of all releases, each in one folder", () => {
  const sbin =
    "fsck.zfs mount.zfs zdb zed zfs zfs_ids_to_path zgenhostid zhack zinject zpool zstream zstreamdump ztest";
  const bin = "arc_summary arcstat dbufstat raidz_test zarcstat zarcsummary zilstat zvol_wait";
  const below = (folder: string, names: string) =>
    names.split(" ").map((name) => `${folder}/${name}`);
  expect(commandPaths(releases)).toEqual([...below("sbin", sbin), ...below("bin", bin)]);
});
