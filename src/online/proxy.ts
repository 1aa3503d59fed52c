import { getProxyForUrl } from "proxy-from-env";
import { UserError } from "../errors";

/**
 * The proxy that `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, or their lower case,
 * name for TARGET; undefined where there is none.
 *
 * What is not encrypted is for this machine alone, and goes through no other.
 */
export function proxyFor(target: URL): URL | undefined {
  const named = target.protocol === "https:" ? getProxyForUrl(target.href) : "";
  if (named === "") return undefined;
  const proxy = URL.canParse(named) ? new URL(named) : undefined;
  if (proxy?.protocol === "http:" || proxy?.protocol === "https:") return proxy;
  // Not what it says, in which there may be a password.
  throw new UserError({
    message: `the proxy for ${target.origin} in HTTPS_PROXY or ALL_PROXY is not one that can be used`,
    hint: "expected one such as http://proxy.example.org:3128; or except this address with NO_PROXY",
  });
}
