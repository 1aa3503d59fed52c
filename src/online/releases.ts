import * as v from "valibot";
import { UserError } from "../errors";
import type { ReleaseData } from "../read/openzfs/data-file";
import { type Findings, type FoundRelease, refuseOtherHashes } from "./refresh";
import { rangeOf, toolsOf } from "./source-tree";
import { nixBase32, guixHash, readTarball, type TarballContents } from "./tarball";
import { download, NotThere, type Limits, isSafe } from "./download";

export interface OnlineSearch {
  readonly server: Server;
  readonly data: ReleaseData;
  /** Releases of the data without a hash that a variant could use if it had one. */
  readonly wanted: ReadonlySet<string>;
  /** For GitHub's API, which answers strangers seldom; sent nowhere else. */
  readonly token?: string;
  readonly limits?: { readonly list: Limits; readonly tarball: Limits };
  /** Told what is being done, since a tarball takes a while. */
  readonly progress?: (text: string) => void;
}

const PATIENCE = { stall: 30_000, redirects: 5, retries: 3, retryDelay: 1_000 };

/** For a page of the list of releases; one has about 2 MB. */
const LIST_LIMITS: Limits = { ...PATIENCE, total: 120_000, bytes: 16 * 1024 * 1024 };

/** For a tarball; those of OpenZFS have about 35 MB. */
const TARBALL_LIMITS: Limits = { ...PATIENCE, total: 900_000, bytes: 128 * 1024 * 1024 };

const TAG = /^zfs-(\d{1,4}\.\d{1,4}\.\d{1,4})$/;

const listSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.array(
    v.object({
      tag_name: v.string(),
      draft: v.optional(v.boolean(), false),
      prerelease: v.optional(v.boolean(), false),
      published_at: v.nullable(v.pipe(v.string(), v.regex(/^\d{4}-\d{2}-\d{2}T/))),
      assets: v.array(v.object({ name: v.string(), digest: v.nullish(v.string()) })),
    }),
  ),
);

type Listed = ReturnType<typeof listedReleases>[number];

/** The releases that the server has and the data has not, and the hashes of those that are WANTED. */
export async function releasesOnline(search: OnlineSearch): Promise<Findings> {
  const { data, wanted, progress } = search;
  const known = new Set(data.releases.map(({ version }) => version));
  const oldest = Math.min(...data.releases.map(({ version }) => Number(version.split(".")[0])));
  const listed = (await readList(search)).filter(
    ({ version }) => Number(version.split(".")[0]) >= oldest,
  );
  refuseOtherHashes(data, listed);

  const releases: FoundRelease[] = [];
  const unusable: string[] = [];
  for (const release of listed) {
    const { version } = release;
    if (known.has(version) && !wanted.has(version)) continue;
    if (!release.hasTarball) {
      unusable.push(`OpenZFS ${version} has no tarball yet`);
      continue;
    }
    progress?.(`downloading the tarball of OpenZFS ${version}`);
    const found = await readRelease(search, release);
    if (typeof found === "string") unusable.push(found);
    else releases.push(found);
  }
  return { releases, unusable };
}

async function readList({ server, token, limits }: OnlineSearch): Promise<Listed[]> {
  const all: Listed[] = [];
  for (let page = 1; page <= 10; page++) {
    const url = server.list(page);
    const what = "the list of OpenZFS releases";
    const bytes = await download({
      url,
      what,
      limits: limits?.list ?? LIST_LIMITS,
      headers: {
        accept: "application/vnd.github+json",
        ...(token !== undefined &&
          url.origin === "https://api.github.com" && { authorization: `Bearer ${token}` }),
      },
    });
    const parsed = v.safeParse(listSchema, Buffer.from(bytes).toString());
    if (!parsed.success)
      throw new UserError({
        message: `${what} at ${url.href} is not in the form of GitHub's API`,
        hint: "nothing was written; try again later",
      });
    all.push(...listedReleases(parsed.output));
    if (parsed.output.length < PAGE_LENGTH) break;
  }
  return all;
}

function listedReleases(list: v.InferOutput<typeof listSchema>) {
  return list.flatMap(({ tag_name, draft, prerelease, published_at, assets }) => {
    const version = TAG.exec(tag_name)?.[1];
    if (version === undefined || draft || prerelease || published_at === null) return [];
    // It comes a while after the release.
    const tarball = assets.find(({ name }) => name === `zfs-${version}.tar.gz`);
    const hex = /^sha256:([0-9a-f]{64})$/.exec(tarball?.digest ?? "")?.[1];
    const sha256 = hex === undefined ? undefined : nixBase32(Buffer.from(hex, "hex"));
    return [
      { version, date: published_at.slice(0, 10), hasTarball: tarball !== undefined, sha256 },
    ];
  });
}

async function readRelease(
  { server, limits }: OnlineSearch,
  { version, date, sha256: stated }: Listed,
): Promise<FoundRelease | string> {
  const url = server.tarball(version);
  const what = `the tarball of OpenZFS ${version}`;
  let bytes: Uint8Array;
  try {
    bytes = await download({ url, what, limits: limits?.tarball ?? TARBALL_LIMITS });
  } catch (error) {
    if (error instanceof NotThere) return `OpenZFS ${version} has no tarball yet`;
    throw error;
  }
  const sha256 = guixHash(bytes);
  if (stated !== undefined && stated !== sha256) {
    throw new UserError({
      message: `${what} is not what the list of releases says: its SHA-256 is ${sha256}, expected ${stated}`,
      hint: "nothing was written; do not use it before you know why",
    });
  }
  let contents: TarballContents;
  try {
    contents = await readTarball(bytes, version);
  } catch (error) {
    throw new UserError({
      message: `${what} from ${url.href} cannot be unpacked: ${(error as Error).message}`,
      hint: "nothing was written; try again later",
    });
  }
  const range = rangeOf(contents.meta, version);
  if (typeof range === "string") return `OpenZFS ${version} is left out: in its tarball, ${range}`;
  return {
    version,
    date,
    ...range,
    source: "tarball",
    sha256,
    tools: () => Promise.resolve(toolsOf(contents.makefiles)),
  };
}

export interface Server {
  /** The releases in pages of JSON, as GitHub's API has them. */
  list(page: number): URL;
  tarball(version: string): URL;
}

/** GitHub, or the server at BASE, which answers for both of GitHub's. */
export function serverAt(base: string | undefined): Server {
  const own = base === undefined ? undefined : checkedBase(base);
  const [api, files] = [own ?? "https://api.github.com/", own ?? "https://github.com/"];
  return {
    list: (page) => new URL(`repos/openzfs/zfs/releases?per_page=${PAGE_LENGTH}&page=${page}`, api),
    tarball: (version) =>
      new URL(`openzfs/zfs/releases/download/zfs-${version}/zfs-${version}.tar.gz`, files),
  };
}

/** Releases on a page; GitHub's maximum. */
const PAGE_LENGTH = 100;

function checkedBase(base: string): string {
  if (!URL.canParse(base))
    throw new UserError({
      message: `--openzfs-url ${base}: this is no address; expected one such as https://mirror.example.org/`,
    });
  const url = new URL(base);
  const { protocol, host, username, password, search, hash } = url;
  if (!isSafe(url) || username + password + search + hash !== "")
    throw new UserError({
      message: `--openzfs-url ${protocol}//${host}: expected an https address without user, query and fragment; http is for this machine alone`,
    });
  return url.href.endsWith("/") ? url.href : `${url.href}/`;
}
