import { expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { commandFolders } from "../../src/openzfs/commands";

const { releases } = JSON.parse(readFileSync("data/openzfs-releases.json", "utf8"));

test("the commands of all releases, each in one folder", () => {
  const folders = commandFolders(releases);
  const words = (text: string) => text.split(" ");
  expect(folders).toEqual([
    {
      folder: "sbin",
      commands: words(
        "fsck.zfs mount.zfs zdb zed zfs zfs_ids_to_path zgenhostid zhack zinject zpool zstream zstreamdump ztest",
      ),
    },
    {
      folder: "bin",
      commands: words("arc_summary arcstat dbufstat raidz_test zarcstat zarcsummary zilstat zvol_wait"),
    },
  ]);
});
