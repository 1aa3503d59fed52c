import { UserError } from "../errors";
import { isLoopback } from "./download";

/** Where OpenZFS publishes. */
export interface Server {
  /** The releases in pages of JSON, as GitHub's API has them. */
  list(page: number): URL;
  tarball(version: string): URL;
}

/** GitHub, or the server at BASE, which answers for both of GitHub's. */
export function serverAt(base: string | undefined): Server {
  const [api, files] =
    base === undefined
      ? ["https://api.github.com/", "https://github.com/"]
      : [checkBase(base), checkBase(base)];
  return {
    list: (page) => new URL(`repos/openzfs/zfs/releases?per_page=${PAGE_LENGTH}&page=${page}`, api),
    tarball: (version) =>
      new URL(`openzfs/zfs/releases/download/zfs-${version}/zfs-${version}.tar.gz`, files),
  };
}

/** Releases on a page; GitHub's maximum. */
export const PAGE_LENGTH = 100;

function checkBase(base: string): string {
  let url: URL;
  try {
    url = new URL(base);
  } catch {
    throw new UserError({
      message: `--openzfs-url ${base}: this is no address; expected one such as https://mirror.example.org/`,
    });
  }
  const secure = url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url));
  if (
    !secure ||
    url.username !== "" ||
    url.password !== "" ||
    url.search !== "" ||
    url.hash !== ""
  ) {
    throw new UserError({
      message: `--openzfs-url ${url.protocol}//${url.host}: expected an https address without user, query and fragment; http is for this machine alone`,
    });
  }
  return url.href.endsWith("/") ? url.href : `${url.href}/`;
}
