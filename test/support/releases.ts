import { createHash } from "node:crypto";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach } from "@jest/globals";
import { pack } from "tar-stream";
import type { Advisory, Statement, Release } from "../../src/read/openzfs/release";
import { isSeries, parseSeries, type Series } from "../../src/read/series";
import { PROJECT } from "./run";

export function seriesOf(text: string): Series {
  const series = parseSeries(text);
  if (!isSeries(series)) throw new Error(`${text} is no series`);
  return series;
}

/** A release that supports RANGE, `4.18-6.12`, with a hash unless told otherwise. */
export function release(
  version: string,
  range: string,
  more: {
    sha256?: string | undefined;
    advisories?: readonly Advisory[];
    losesData?: readonly Statement[];
  } = {},
): Release {
  const [minimum, maximum] = range.split("-") as [string, string];
  const sha256 = "sha256" in more ? more.sha256 : "0".repeat(52);
  return {
    version,
    date: "2026-01-01",
    linuxMinimum: seriesOf(minimum),
    linuxMaximum: seriesOf(maximum),
    ...(sha256 !== undefined && { sha256 }),
    tools: { sbin: ["zfs"], bin: ["arcstat"] },
    advisories: more.advisories ?? [],
    losesData: more.losesData ?? [],
  };
}

/** The text of the data file as it was on 21 August 2026, whatever came out since; what loses data changes with what is found out. */
export function releaseDataText({ withAdvisories = false } = {}): string {
  const data = JSON.parse(readFileSync(`${PROJECT}/data/openzfs-releases.json`, "utf8")) as {
    releases: { date: string }[];
  };
  const asOf = "2026-08-21";
  return `${JSON.stringify({ ...data, asOf, ...(!withAdvisories && { advisories: [] }), releases: data.releases.filter(({ date }) => date <= asOf) }, null, 1)}\n`;
}

let directory: string | undefined;

/** A file that holds it, for --releases. */
export function releaseDataFile(): string {
  directory ??= mkdtempSync(join(tmpdir(), "zfs-guix-releases-"));
  // For the tests that run as another user.
  chmodSync(directory, 0o755);
  const file = join(directory, "releases.json");
  writeFileSync(file, releaseDataText());
  return file;
}

afterAll(() => {
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
});

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const running: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of running.splice(0)) await stop();
});

/** A server on 127.0.0.1 that answers with HANDLER, gone after the test; its address. */
export async function startServer(handler: Handler): Promise<URL> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  running.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}

/** A release tarball in the shape of OpenZFS's, with what is read of it. */
export async function releaseTarball(
  version: string,
  { maximum = "7.2", meta }: { maximum?: string; meta?: string } = {},
): Promise<Buffer> {
  const tar = pack();
  tar.entry({ name: `zfs-${version}/`, type: "directory" });
  tar.entry({ name: `zfs-${version}/README` }, "x".repeat(5000));
  tar.entry(
    { name: `zfs-${version}/META` },
    meta ?? `Version:       ${version}\nLinux-Maximum: ${maximum}\nLinux-Minimum: 4.18\n`,
  );
  tar.entry(
    { name: `zfs-${version}/cmd/Makefile.am` },
    "sbin_PROGRAMS =\nbin_SCRIPTS =\nif USING_PYTHON\nbin_SCRIPTS += zarcstat \\\n  zarcsummary\nendif\ninclude $(srcdir)/%D%/zfs/Makefile.am\n",
  );
  tar.entry(
    { name: `zfs-${version}/cmd/zfs/Makefile.am` },
    "sbin_PROGRAMS   += zfs\nzfs_SOURCES = a.c\n",
  );
  tar.entry({ name: `other/META` }, "Version: 9.9.9\n");
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}

/** A release in the shape of GitHub's API. */
export function listed(
  version: string,
  {
    tarball,
    date = "2026-09-01",
    ...more
  }: { tarball?: Buffer; date?: string; [key: string]: unknown } = {},
): object {
  return {
    tag_name: `zfs-${version}`,
    draft: false,
    prerelease: false,
    published_at: `${date}T12:00:00Z`,
    assets: [
      {
        name: `zfs-${version}.tar.gz`,
        digest:
          tarball === undefined
            ? null
            : `sha256:${createHash("sha256").update(tarball).digest("hex")}`,
      },
    ],
    ...more,
  };
}

/** Answers like GitHub: LIST, and TARBALLS by version. */
export function github(
  list: readonly object[],
  tarballs: ReadonlyMap<string, Buffer | Handler>,
): Handler {
  return (request, response) => {
    const { pathname, searchParams } = new URL(request.url!, "http://localhost");
    if (pathname === "/repos/openzfs/zfs/releases") {
      const page = Number(searchParams.get("page"));
      response.end(JSON.stringify(list.slice((page - 1) * 100, page * 100)));
      return;
    }
    const version = /^\/openzfs\/zfs\/releases\/download\/zfs-([^/]+)\/zfs-\1\.tar\.gz$/.exec(
      pathname,
    )?.[1];
    const tarball = version === undefined ? undefined : tarballs.get(version);
    if (typeof tarball === "function") tarball(request, response);
    else if (tarball === undefined) response.writeHead(404).end();
    else response.end(tarball);
  };
}
