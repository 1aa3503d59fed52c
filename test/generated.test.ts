import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { newestFor, type PlainData } from "../tools/replay/expectation";
import { filesBelow, temporaryDirectory } from "./support/directory";
import { askGuile } from "./support/guile";
import { inProcess } from "./support/in-process";
import { PROJECT, zfsGuix } from "./support/run";

interface Found {
  readonly variable: string;
  readonly version: string;
  readonly hash: string;
  readonly kernel: string;
  readonly series: string;
}

/** An element of the two lists, in the notation of what Guile reads, the places left out. */
const KERNEL = /\(y"([^"]+)""([^"]+)"\(((?:y"[^"]+")+)\)y"([^"]+)"\)/g;
const VARIANT = /^\(y"define-public"y"([^"]+)"\(y"zfs-of-kernel"[^]*y"version""([^"]+)"/;
const RELEASE = /\("([^"]+)""[^"]+""[^"]+""([^"]{52})"/g;

/** The variants that Guile finds in FILE. */
function guileFinds(file: string): Found[] {
  const [reading] = askGuile([{ file }]);
  expect(reading!.error).toBeUndefined();
  const forms = reading!.forms.map((form) => form.replace(/\d+:\d+(?=\()/g, ""));
  const list = (name: string): string =>
    forms.find((form) => form.startsWith(`(y"define"y"${name}"`)) ?? "";
  const hashes = new Map(
    [...list("%releases").matchAll(RELEASE)].map(([, version, hash]) => [version, hash!]),
  );
  const versions = new Map(
    forms.flatMap((form) => {
      const [, variable, version] = VARIANT.exec(form) ?? [];
      return variable === undefined ? [] : [[variable, version!]];
    }),
  );
  const found = [...list("%kernels").matchAll(KERNEL)].map((match): Found => {
    const [variable, series, module, kernel] = match.slice(1) as [string, string, string, string];
    const names = [...module.matchAll(/"([^"]+)"/g)].map(([, name]) => name);
    const version = versions.get(variable)!;
    return {
      variable,
      version,
      hash: hashes.get(version)!,
      kernel: `${kernel} (${names.join(" ")})`,
      series,
    };
  });
  expect([...versions.keys()]).toEqual(found.map(({ variable }) => variable));
  return found;
}

const { releases: RELEASES, advisories: ADVISORIES } = JSON.parse(
  readFileSync(`${PROJECT}/data/openzfs-releases.json`, "utf8"),
) as PlainData;

const HASHES: Readonly<Record<string, string | null>> = Object.fromEntries(
  RELEASES.map(({ version, sha256 }) => [version, sha256]),
);

// The daily job edits both, so what is expected follows from them, worked out a second time.
test("Guile reads the committed channel and finds each variant with its fields", () => {
  const series = [
    ...readFileSync(`${PROJECT}/kernels.scm`, "utf8").matchAll(/^[( ]"(\d+\.\d+)"/gm),
  ].map(([, text]) => text!);
  expect(series.length).toBeGreaterThan(3);
  const expected = series.flatMap((text): Found[] => {
    const release = newestFor(
      RELEASES.filter(({ sha256 }) => sha256 !== null),
      text,
      ADVISORIES,
    );
    if (release === undefined) return [];
    return [
      {
        variable: `zfs-for-linux-${text}`,
        version: release.version,
        hash: release.sha256!,
        kernel: `linux-libre-${text} (gnu packages linux)`,
        series: text,
      },
    ];
  });
  expect(guileFinds(join(PROJECT, "generated/zfs-guix/packages/zfs.scm"))).toEqual(expected);
});

test("the committed channel is what kernels.scm says", async () => {
  expect(await inProcess(["check"])).toEqual({
    status: 0,
    stdout: expect.stringMatching(/^(generated\/\S+ is as it would be generated\n)+$/),
    stderr: "",
  });
});

test("no warning of a later compiler stops the build of what is emitted", () => {
  for (const file of filesBelow(join(PROJECT, "generated")))
    expect(readFileSync(join(PROJECT, "generated", file), "utf8")).not.toContain("-Werror");
});

test("each Scheme file of the channel is a module, and lines stay below 80 columns", () => {
  const files = filesBelow(join(PROJECT, "generated")).filter((path) => path.endsWith(".scm"));
  expect(files).toEqual([
    "gnu/bootloader/zfs-guix.scm",
    "zfs-guix/build/boot-words.scm",
    "zfs-guix/build/boot.scm",
    "zfs-guix/build/catch-up.scm",
    "zfs-guix/build/commands.scm",
    "zfs-guix/build/datasets.scm",
    "zfs-guix/build/events.scm",
    "zfs-guix/build/export.scm",
    "zfs-guix/build/had-pools.scm",
    "zfs-guix/build/import.scm",
    "zfs-guix/build/keys.scm",
    "zfs-guix/build/mount.scm",
    "zfs-guix/build/mounts.scm",
    "zfs-guix/build/pools.scm",
    "zfs-guix/build/report.scm",
    "zfs-guix/build/root.scm",
    "zfs-guix/build/snapshots.scm",
    "zfs-guix/build/upkeep.scm",
    "zfs-guix/build/volumes.scm",
    "zfs-guix/packages/compatibility.scm",
    "zfs-guix/packages/status.scm",
    "zfs-guix/packages/zfs.scm",
    "zfs-guix/services/parameters.scm",
    "zfs-guix/services/zfs.scm",
    "zfs-guix/system/root.scm",
  ]);
  for (const file of files) {
    const text = readFileSync(join(PROJECT, "generated", file), "utf8");
    expect(text).toContain(`(define-module (${file.replace(".scm", "").replaceAll("/", " ")})`);
    expect(
      text
        .split("\n")
        .filter((line) => line.length >= 80 || /\s$/.test(line) || line.includes("\t")),
    ).toEqual([]);
  }
});

test("releases, kernels of other channels and advisories are those of the plan", async () => {
  const directory = temporaryDirectory({
    "kernels.scm":
      '("4.9" "5.4" ("6.12" linux-6.12 (nongnu packages linux) zfs-for-nongnu-linux-6.12) "7.9")',
  });
  const run = await inProcess(
    ["generate", "--zfs", "2.4.2", "--kernels-file", "kernels.scm", "--out", "channel"],
    { cwd: directory },
  );
  expect(run.status).toBe(0);
  const file = join(directory, "channel/zfs-guix/packages/zfs.scm");
  expect(guileFinds(file)).toEqual([
    {
      variable: "zfs-for-nongnu-linux-6.12",
      version: "2.4.2",
      hash: HASHES["2.4.2"],
      kernel: "linux-6.12 (nongnu packages linux)",
      series: "6.12",
    },
  ]);
  expect(readFileSync(file, "utf8")).toContain('((< "5.6"))');
});

test("a list of which nothing can be built is an empty channel and says why", async () => {
  const directory = temporaryDirectory();
  const run = await inProcess(["generate", "--kernels", "7.9"], { cwd: directory });
  expect(run.status).toBe(0);
  expect(run.stdout).toContain("no release yet");
  expect(guileFinds(join(directory, "generated/zfs-guix/packages/zfs.scm"))).toEqual([]);
});

test("the same input gives the same bytes, wherever and whenever", () => {
  const texts = [
    { TZ: "Pacific/Kiritimati", LC_ALL: "tr_TR.UTF-8", LANG: "tr_TR.UTF-8" },
    { TZ: "America/Anchorage", LC_ALL: "C", LANG: "C", SOURCE_DATE_EPOCH: "1" },
  ].map((env) => {
    const directory = temporaryDirectory();
    expect(zfsGuix(["generate"], { cwd: directory, env: { ...process.env, ...env } }).status).toBe(
      0,
    );
    return readFileSync(join(directory, "generated/zfs-guix/packages/zfs.scm"), "utf8");
  });
  expect(new Set(texts)).toEqual(
    new Set([readFileSync(join(PROJECT, "generated/zfs-guix/packages/zfs.scm"), "utf8")]),
  );
});
