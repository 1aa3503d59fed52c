import { createHash } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { editReleaseData, type ReleaseEntry } from "../../src/write/data-edit";
import { parseReleaseData, type ReleaseData } from "../../src/read/openzfs/data-file";
import { type FoundRelease, refreshment } from "../../src/online/refresh";
import { rangeOf, toolsOf } from "../../src/online/source-tree";
import { nixBase32 } from "../../src/online/tarball";
import { release, releaseDataText, seriesOf } from "../support/releases";

const [HASH, OTHER] = ["0".repeat(52), "1".repeat(52)];
const SHIPPED = releaseDataText();

describe("nix-base32, as Guix prints it", () => {
  test.each([
    // printf '' | guix hash /dev/stdin; printf 'abc' | …
    ["", "0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73"],
    ["abc", "1b8m03r63zqhnjf7l5wnldhh7c134ap5vpj0850ymkq1iyzicy5s"],
  ])("of %j", (text, hash) => {
    expect(nixBase32(createHash("sha256").update(text).digest())).toBe(hash);
  });

  test("of no bytes, and of one", () => {
    expect(nixBase32(new Uint8Array())).toBe("");
    expect(nixBase32(Uint8Array.of(0xff))).toBe("7z");
  });
});

describe("META", () => {
  test("is read", () => {
    expect(
      rangeOf(
        "Meta:  1\nName: zfs\nVersion:       2.4.5\nRelease-Tags:  relext\nLinux-Maximum: 7.3\r\nLinux-Minimum: 4.18\n",
        "2.4.5",
      ),
    ).toEqual({
      linuxMinimum: seriesOf("4.18"),
      linuxMaximum: seriesOf("7.3"),
    });
  });

  test.each([
    ["", "its META has no Version"],
    ["Version:\nLinux-Minimum: 4.18\n", "its META has no Version"],
    ["Version: 2.4.5\nLinux-Minimum: 4.18\n", "its META has no Linux-Maximum"],
    [
      "Version: 2.4.4\nLinux-Minimum: 4.18\nLinux-Maximum: 7.3\n",
      "its META is that of another version",
    ],
    [
      "Version: 2.4.5\nLinux-Minimum: next\nLinux-Maximum: 7.3\n",
      "the Linux-Minimum of its META: it is not two numbers with a point between them",
    ],
    [
      "Version: 2.4.5\nLinux-Minimum: 7.18\nLinux-Maximum: 7.1\n",
      "the range of its META is reversed",
    ],
  ])("%j is refused", (text, reason) => {
    expect(rangeOf(text, "2.4.5")).toBe(reason);
  });
});

test("the programs are those that Makefile.am files install on Linux", () => {
  const top = `bin_SCRIPTS =
sbin_PROGRAMS += zhack
dist_bin_SCRIPTS  += %D%/zvol_wait
zfsexec_PROGRAMS = helper
if BUILD_FREEBSD
sbin_PROGRAMS += geom
else
sbin_PROGRAMS += linux-only
endif
if BUILD_LINUX
mounthelper_PROGRAMS += mount.zfs
endif
# bin_SCRIPTS += commented
bin_SCRIPTS += zarcstat \\
  zilstat
	cd $(DESTDIR)$(sbindir) && $(LN_S) -f zstream zstreamdump
`;
  expect(toolsOf([top, "sbin_PROGRAMS = zed\n"])).toEqual({
    sbin: ["linux-only", "mount.zfs", "zed", "zhack", "zstreamdump"],
    bin: ["zarcstat", "zilstat", "zvol_wait"],
  });
});

function found(version: string, range: string, more: Partial<FoundRelease> = {}): FoundRelease {
  const { linuxMinimum, linuxMaximum } = release(version, range);
  return {
    version,
    date: "2026-12-01",
    linuxMinimum,
    linuxMaximum,
    source: "tag",
    tools: () => Promise.resolve({ sbin: ["zfs"], bin: ["zarcstat"] }),
    ...more,
  };
}

const tarball = (version: string, range: string, sha256 = HASH): FoundRelease =>
  found(version, range, { source: "tarball", sha256 });

const DATA: ReleaseData = {
  asOf: "2026-08-21",
  releases: [release("2.4.4", "4.18-7.2"), release("2.3.9", "4.18-7.2", { sha256: undefined })],
};

const refresh = (...releases: FoundRelease[]): ReturnType<typeof refreshment> =>
  refreshment(DATA, [{ releases, unusable: [] }]);

describe("what the sources have and the data has not", () => {
  test("a tag gives a release without a hash", async () => {
    expect((await refresh(found("2.4.5", "4.18-7.3"))).edit.add).toEqual([
      {
        version: "2.4.5",
        date: "2026-12-01",
        linuxMinimum: "4.18",
        linuxMaximum: "7.3",
        sha256: null,
        statedBy: [],
        tools: { bin: ["zarcstat"], sbin: ["zfs"] },
      },
    ]);
  });

  test("a tarball gives one with its hash, and a hash to one that had none", async () => {
    const { edit } = await refresh(
      tarball("2.4.5", "4.18-7.3"),
      tarball("2.3.9", "4.18-7.2", OTHER),
    );
    expect(edit.add).toMatchObject([{ version: "2.4.5", sha256: HASH, statedBy: ["OpenZFS"] }]);
    expect(edit.hashes).toEqual([{ version: "2.3.9", sha256: OTHER, statedBy: "OpenZFS" }]);
  });

  test("where tag and tarball differ, the tag is believed and the difference noted", async () => {
    const { edit } = await refresh(found("2.4.5", "4.18-7.3"), tarball("2.4.5", "4.18-99.99"));
    expect(edit.add).toMatchObject([
      {
        linuxMaximum: "7.3",
        sha256: HASH,
        advisories: [
          {
            says: "the META inside the tarball says Linux 4.18 to 99.99; the tag says 4.18 to 7.3",
            source: "zfs-2.4.5",
          },
        ],
      },
    ]);
  });

  test("a tarball alone whose range cannot be is left out", async () => {
    const { edit, notes } = await refresh(tarball("2.4.5", "4.18-99.99"));
    expect(edit.add).toEqual([]);
    expect(notes).toEqual([
      "OpenZFS 2.4.5 is left out: the META in its tarball claims Linux up to 99.99; give --openzfs DIR, a clone, to have the range of its tag",
    ]);
  });

  test("another hash than the known one is refused", async () => {
    await expect(refresh(tarball("2.4.4", "4.18-7.2", OTHER))).rejects.toThrow(
      `its SHA-256 is ${OTHER}, expected ${HASH}; nothing was written`,
    );
  });

  test("another range than the known one is noted", async () => {
    const { edit, notes } = await refresh(found("2.4.4", "4.18-7.1"));
    expect(edit).toEqual({ add: [], hashes: [] });
    expect(notes).toEqual([
      "OpenZFS 2.4.4 is left as it is: the data says Linux 4.18 to 7.2, its tag 4.18 to 7.1",
    ]);
  });
});

describe("the data file", () => {
  const entry = (version: string): ReleaseEntry => ({
    version,
    date: "2026-12-01",
    linuxMinimum: "4.18",
    linuxMaximum: "7.3",
    sha256: HASH,
    statedBy: ["OpenZFS"],
    tools: { bin: ["zarcstat"], sbin: ["zfs"] },
  });

  test("keeps its layout and its order, and is dated", async () => {
    const text = editReleaseData(SHIPPED, {
      add: [entry("2.3.10"), entry("2.4.5")],
      hashes: [{ version: "2.3.8", sha256: OTHER, statedBy: "OpenZFS" }],
    });
    expect(text).toBe(
      `${JSON.stringify(JSON.parse(text), null, 1)}${SHIPPED.endsWith("\n") ? "\n" : ""}`,
    );
    const versions = (await parseReleaseData(text, "data.json")).releases.map(
      ({ version }) => version,
    );
    expect(versions.slice(0, 2)).toEqual(["2.4.5", "2.4.4"]);
    expect(versions[versions.indexOf("2.3.10") + 1]).toBe("2.3.9");
    expect(JSON.parse(text)).toMatchObject({
      asOf: "2026-12-01",
      about: (JSON.parse(SHIPPED) as { about: string }).about,
    });
    // Line by line, nothing but what was asked.
    const lines = new Set(text.split("\n"));
    expect(SHIPPED.split("\n").filter((line) => !lines.has(line))).toEqual([
      expect.stringContaining('"asOf"'),
    ]);
  });

  test("is the same where nothing is new", () => {
    expect(editReleaseData(SHIPPED, { add: [], hashes: [] })).toBe(SHIPPED);
  });

  test("keeps four spaces and CRLF, too", () => {
    const text =
      `${JSON.stringify({ asOf: "2026-01-01", releases: [entry("2.4.4")] }, null, 4)}\n`.replaceAll(
        "\n",
        "\r\n",
      );
    const edited = editReleaseData(text, { add: [entry("2.4.5")], hashes: [] });
    expect(edited).toBe(
      `${JSON.stringify(JSON.parse(edited), null, 4)}\n`.replaceAll("\n", "\r\n"),
    );
  });
});
