import { gzipSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import type { ReleaseData } from "../../src/read/openzfs/data-file";
import type { Findings } from "../../src/online/refresh";
import { releasesOnline, serverAt } from "../../src/online/releases";
import type { Limits } from "../../src/online/download";
import { guixHash, readTarball } from "../../src/online/tarball";
import { formatSeries } from "../../src/read/series";
import {
  github,
  type Handler,
  listed,
  release,
  releaseTarball,
  startServer,
} from "../support/releases";

const LIMITS: Limits = {
  stall: 2000,
  total: 5000,
  bytes: 100_000,
  redirects: 3,
  retries: 1,
  retryDelay: 5,
};

const DATA: ReleaseData = {
  asOf: "2026-08-21",
  releases: [release("2.4.4", "4.18-7.2"), release("2.3.9", "4.18-7.2", { sha256: undefined })],
};

async function search(handler: Handler, wanted: readonly string[] = []): Promise<Findings> {
  const base = await startServer(handler);
  return releasesOnline({
    server: serverAt(base.href),
    data: DATA,
    wanted: new Set(wanted),
    limits: { list: LIMITS, tarball: LIMITS },
  });
}

describe("a release that the data has not", () => {
  test("is read from its tarball, whose bytes are hashed", async () => {
    const tarball = await releaseTarball("2.4.5", { maximum: "7.3" });
    const { releases, unusable } = await search(
      github([listed("2.4.5", { tarball })], new Map([["2.4.5", tarball]])),
    );
    expect(unusable).toEqual([]);
    expect(releases).toHaveLength(1);
    const [found] = releases;
    expect(found).toMatchObject({
      version: "2.4.5",
      date: "2026-09-01",
      source: "tarball",
      sha256: guixHash(tarball),
    });
    expect(formatSeries(found!.linuxMaximum)).toBe("7.3");
    expect(await found!.tools()).toEqual({ sbin: ["zfs"], bin: ["zarcstat", "zarcsummary"] });
  });

  test("whose tarball is not what the list says is refused", async () => {
    const [right, wrong] = [
      await releaseTarball("2.4.5"),
      await releaseTarball("2.4.5", { maximum: "7.9" }),
    ];
    await expect(
      search(github([listed("2.4.5", { tarball: right })], new Map([["2.4.5", wrong]]))),
    ).rejects.toThrow(
      `the tarball of OpenZFS 2.4.5 is not what the list of releases says: its SHA-256 is ${guixHash(wrong)}, expected ${guixHash(right)}; nothing was written`,
    );
  });

  test.each<[string, () => Promise<Buffer>]>([
    ["cut off", async () => (await releaseTarball("2.4.5")).subarray(0, 200)],
    ["no gzip", () => Promise.resolve(Buffer.from("<html>"))],
  ])("whose tarball is %s is refused", async (_, bytes) => {
    await expect(
      search(github([listed("2.4.5")], new Map([["2.4.5", await bytes()]]))),
    ).rejects.toThrow("cannot be unpacked");
  });

  test.each<[string, Parameters<typeof listed>[1], Parameters<typeof releaseTarball>[1]]>([
    ["no META", {}, { meta: "" }],
    [
      "a META of another version",
      {},
      { meta: "Version: 2.4.6\nLinux-Minimum: 4.18\nLinux-Maximum: 7.0\n" },
    ],
    ["a META without a range", {}, { meta: "Version: 2.4.5\n" }],
    ["no tarball yet", { assets: [] }, {}],
  ])("that has %s is left out, and in the way of no other", async (_, more, contents) => {
    const good = await releaseTarball("2.4.6");
    const { releases, unusable } = await search(
      github(
        [listed("2.4.5", more), listed("2.4.6")],
        new Map([
          ["2.4.5", await releaseTarball("2.4.5", contents)],
          ["2.4.6", good],
        ]),
      ),
    );
    expect(releases.map(({ version }) => version)).toEqual(["2.4.6"]);
    expect(unusable).toEqual([expect.stringContaining("OpenZFS 2.4.5")]);
  });

  test("that is a candidate, a draft, or older than all that is known, is passed over", async () => {
    const list = [
      listed("2.5.0-rc1"),
      listed("2.5.0", { prerelease: true }),
      listed("2.5.1", { draft: true }),
      listed("0.8.6"),
      { ...listed("x"), tag_name: "zfs-2.5.2\n* x" },
    ];
    expect(await search(github(list, new Map()))).toEqual({ releases: [], unusable: [] });
  });

  test("is found on the second page", async () => {
    const tarball = await releaseTarball("2.4.5");
    const many = Array.from({ length: 100 }, () => listed("0.6.0"));
    expect(
      (await search(github([...many, listed("2.4.5")], new Map([["2.4.5", tarball]])))).releases,
    ).toHaveLength(1);
  });
});

describe("a release of the data", () => {
  test("whose hash is known is not downloaded again", async () => {
    expect(await search(github([listed("2.4.4")], new Map()))).toEqual({
      releases: [],
      unusable: [],
    });
  });

  test("that the list has another hash for is refused", async () => {
    const other = await releaseTarball("2.4.4");
    await expect(search(github([listed("2.4.4", { tarball: other })], new Map()))).rejects.toThrow(
      `the tarball of OpenZFS 2.4.4 is not the one that is known: its SHA-256 is ${guixHash(other)}, expected ${"0".repeat(52)}`,
    );
  });

  test("whose hash is unknown is downloaded if it is wanted", async () => {
    const tarball = await releaseTarball("2.3.9");
    const handler = github([listed("2.3.9")], new Map([["2.3.9", tarball]]));
    expect((await search(handler)).releases).toEqual([]);
    expect((await search(handler, ["2.3.9"])).releases).toMatchObject([
      { version: "2.3.9", sha256: guixHash(tarball) },
    ]);
  });
});

describe("the list of releases", () => {
  test.each(["<html>", "{}", '[{"tag_name": 1}]', ""])("%j is refused", async (text) => {
    await expect(search((_, response) => response.end(text))).rejects.toThrow(
      "is not in the form of GitHub's API; nothing was written",
    );
  });
});

describe("--openzfs-url", () => {
  test.each([
    "http://example.org/",
    "ftp://127.0.0.1/",
    "https://user:secret@example.org/",
    "https://example.org/?a",
    "nonsense",
    "http://127.0.0.1.example.org/",
  ])("%s is refused", (base) => {
    expect(() => serverAt(base)).toThrow("--openzfs-url");
    expect(() => serverAt(base)).not.toThrow("secret");
  });

  test.each([
    "https://example.org/mirror",
    "http://127.0.0.1:1/mirror",
    "http://[::1]/mirror",
    "http://localhost/mirror/",
  ])("%s is taken", (base) => {
    expect(serverAt(base).tarball("2.4.4").pathname).toBe(
      "/mirror/openzfs/zfs/releases/download/zfs-2.4.4/zfs-2.4.4.tar.gz",
    );
  });

  test("GitHub is asked where there is none", () => {
    expect(serverAt(undefined).list(1).href).toBe(
      "https://api.github.com/repos/openzfs/zfs/releases?per_page=100&page=1",
    );
    expect(serverAt(undefined).tarball("2.4.4").href).toBe(
      "https://github.com/openzfs/zfs/releases/download/zfs-2.4.4/zfs-2.4.4.tar.gz",
    );
  });
});

test("a tarball that unpacks to more than it may is refused", async () => {
  const zeros = gzipSync(Buffer.alloc(1024 * 1024));
  await expect(readTarball(zeros, "2.4.5", 1000_000)).rejects.toThrow(
    "it unpacks to more than 1000000 bytes",
  );
});

test("the token goes to GitHub's API alone", async () => {
  const seen: unknown[] = [];
  const base = await startServer((request, response) => {
    seen.push(request.headers.authorization);
    response.end("[]");
  });
  await releasesOnline({
    server: serverAt(base.href),
    data: DATA,
    wanted: new Set(),
    token: "secret",
  });
  expect(seen).toEqual([undefined]);
});
