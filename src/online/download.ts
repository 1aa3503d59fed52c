import pRetry from "p-retry";
import { getProxyForUrl } from "proxy-from-env";
import { fetch, ProxyAgent, type Response } from "undici";
import { UserError } from "../errors";

/** How long and how much a download may be; times in milliseconds. */
export interface Limits {
  /** Until the server answers, and between two pieces. */
  readonly stall: number;
  /** For one attempt as a whole. */
  readonly total: number;
  readonly bytes: number;
  readonly redirects: number;
  /** Further attempts where the network or the server failed. */
  readonly retries: number;
  /** Before the first retry; three times as long before each further one. */
  readonly retryDelay: number;
}

export interface DownloadRequest {
  readonly url: URL;
  /** Names what is downloaded, for messages: "the tarball of OpenZFS 2.4.4". */
  readonly what: string;
  readonly limits: Limits;
  /** Sent to the first address alone, not to where it redirects. */
  readonly headers?: Readonly<Record<string, string>>;
}

export class NotThere extends UserError {}

/**
 * The bytes that a GET of the request's URL answers.
 *
 * Network failures and answers that say "later" are tried again; whatever
 * else is wrong, size and number of redirections included, is final.  Throws a
 * UserError that says which it was.
 */
export async function download(request: DownloadRequest): Promise<Uint8Array> {
  const { url, what, limits } = request;
  try {
    return await pRetry(() => attempt(request), {
      retries: limits.retries,
      minTimeout: limits.retryDelay,
      factor: 3,
      shouldRetry: ({ error }) => error instanceof Failure && !error.isFinal,
    });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const proxy = proxyFor(url);
    throw new UserError({
      message: `cannot download ${what} from ${url.href}${proxy === undefined ? "" : `, through the proxy ${proxy.origin}`}: ${error.message}`,
      hint: `nothing was written; ${proxy === undefined ? "try again later" : "see whether HTTPS_PROXY and NO_PROXY are right, or try again later"}`,
    });
  }
}

/** Why an attempt failed, for the user; whether the next one would, too. */
class Failure extends Error {
  constructor(
    message: string,
    readonly isFinal = true,
  ) {
    super(message);
  }
}

async function attempt(request: DownloadRequest): Promise<Uint8Array> {
  const { url, limits, headers } = request;
  const abort = new AbortController();
  const after = (milliseconds: number, reason: string): NodeJS.Timeout =>
    setTimeout(() => abort.abort(new Failure(reason, false)), milliseconds);
  const stall = after(limits.stall, `nothing came for ${limits.stall / 1000} seconds`);
  const total = after(limits.total, `it took more than ${limits.total / 1000} seconds`);
  const get = async (target: URL, more: DownloadRequest["headers"] = {}): Promise<Response> => {
    const proxy = proxyFor(target);
    return fetch(target, {
      redirect: "manual",
      signal: abort.signal,
      ...(proxy !== undefined && { dispatcher: new ProxyAgent(proxy.href) }),
      // The tarball's own bytes are what is hashed.
      headers: { "accept-encoding": "identity", "user-agent": "zfs-guix", ...more },
    });
  };
  try {
    let target = url;
    let response = await get(target, headers);
    for (let redirects = 0; [301, 302, 303, 307, 308].includes(response.status); redirects++) {
      if (redirects === limits.redirects)
        throw new Failure(`it is redirected more than ${limits.redirects} times`);
      target = redirection(response.headers.get("location"), target);
      response = await get(target);
    }
    if (response.status !== 200) throw refusal(response, request);
    if (Number(response.headers.get("content-length") ?? 0) > limits.bytes) throw tooLarge(limits);
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      stall.refresh();
      size += chunk.length;
      if (size > limits.bytes) throw tooLarge(limits);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    throw error instanceof UserError || error instanceof Failure ? error : failureOf(error);
  } finally {
    clearTimeout(total);
    clearTimeout(stall);
    // Frees the connection of an answer that was not read to its end.
    abort.abort();
  }
}

function tooLarge({ bytes }: Limits): Failure {
  return new Failure(`it has more than ${bytes} bytes`);
}

function refusal(
  { status, headers }: Response,
  { what, url, headers: sent }: DownloadRequest,
): Error {
  if (status === 404 || status === 410)
    return new NotThere({ message: `${what} is not at ${url.href} (status ${status})` });
  if ([403, 429].includes(status) && headers.get("x-ratelimit-remaining") === "0")
    return new Failure(
      "GitHub answers this address no more for a while; a token in ZFS_GUIX_GITHUB_TOKEN gives it more",
    );
  if (status === 401 && sent?.authorization !== undefined)
    return new Failure(
      "the server takes the token in ZFS_GUIX_GITHUB_TOKEN for none of its own, or for an old one",
    );
  const isFinal = status < 500 && status !== 408 && status !== 429;
  return new Failure(`the server answers with status ${status}`, isFinal);
}

/** Never from HTTPS to something that can be read or changed on the way, nor from outside to this machine. */
function redirection(location: string | null, from: URL): URL {
  if (location === null || !URL.canParse(location, from.href))
    throw new Failure("it is redirected to no address");
  const target = new URL(location, from);
  if (target.protocol !== from.protocol || !isSafe(target))
    throw new Failure(
      `it is redirected from ${from.origin} to ${target.protocol}//${target.host}, which is less safe`,
    );
  return target;
}

/** Whether nobody can read or change on the way what URL answers. */
export function isSafe({ protocol, hostname }: URL): boolean {
  const isLoopback = /^(localhost|\[::1\]|127\.\d+\.\d+\.\d+)$/.test(hostname);
  return protocol === "https:" || (protocol === "http:" && isLoopback);
}

/** By the code of what fetch has failed for. */
const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: "the server's name is not known; is there a network?",
  EAI_AGAIN: "the server's name is not known; is there a network?",
  ECONNREFUSED: "the connection was refused",
  UND_ERR_SOCKET: "the connection broke before the end",
  ECONNRESET: "the connection broke before the end",
};

/** By the code of what is wrong with a certificate, which OpenSSL has a sentence for. */
const OF_CERTIFICATE = /^(CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|ERR_TLS_CERT_)/;

/** What fetch says is "fetch failed" or "terminated"; the innermost cause says more. */
function failureOf(error: unknown): Failure {
  let innermost = error as { code?: string; message: string; cause?: typeof innermost };
  while (innermost.cause !== undefined) innermost = innermost.cause;
  const { code = "", message: said } = innermost;
  const status = /^Proxy response \((\d+)\)/.exec(said)?.[1];
  if (status !== undefined)
    return new Failure(`the proxy answers with status ${status}`, Number(status) < 500);
  if (OF_CERTIFICATE.test(code))
    return new Failure(
      `${said}; if a proxy here puts in a certificate of its own, name the file of who signs it in NODE_EXTRA_CA_CERTS`,
    );
  return new Failure(REASONS[code] ?? said, false);
}

/** In the order in which the library looks at them. */
const PROXY_VARIABLES = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

/**
 * The proxy that `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, or their lower case,
 * name for TARGET; undefined where there is none.
 *
 * What is not encrypted is for this machine alone, and goes through no other.
 */
export function proxyFor(target: URL): URL | undefined {
  if (target.protocol !== "https:" || getProxyForUrl(target.href) === "") return undefined;
  const named = PROXY_VARIABLES.map((name) => process.env[name] ?? "").find((one) => one !== "")!;
  // Without a scheme it is one of HTTP, as for curl; the library would put that of TARGET before it.
  const address = named.includes("://") ? named : `http://${named}`;
  const proxy = URL.canParse(address) ? new URL(address) : undefined;
  if (proxy?.protocol === "http:" || proxy?.protocol === "https:") return proxy;
  // Not what it says, in which there may be a password.
  throw new UserError({
    message: `the proxy for ${target.origin} in HTTPS_PROXY or ALL_PROXY is not one that can be used`,
    hint: "expected one such as http://proxy.example.org:3128; or except this address with NO_PROXY",
  });
}
