import { createServer } from "node:net";
import { describe, expect, test } from "@jest/globals";
import { isUserError } from "../../src/errors";
import { download, type Limits } from "../../src/online/download";
import { type Handler, startServer } from "../support/releases";

const LIMITS: Limits = {
  stall: 400,
  total: 1500,
  bytes: 1000,
  redirects: 3,
  retries: 2,
  retryDelay: 5,
};

async function get(handler: Handler, limits: Partial<Limits> = {}): Promise<string> {
  const url = new URL("thing", await startServer(handler));
  return Buffer.from(
    await download({ url, what: "the thing", limits: { ...LIMITS, ...limits } }),
  ).toString();
}

/** What download says when it fails with HANDLER, and how often it tried. */
async function failure(
  handler: Handler,
  limits: Partial<Limits> = {},
): Promise<{ says: string; requests: number }> {
  let requests = 0;
  const counting: Handler = (request, response) => {
    requests += 1;
    handler(request, response);
  };
  const error: unknown = await get(counting, limits).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isUserError(error)) throw new Error("expected a UserError", { cause: error });
  expect(error.message).not.toContain("\n");
  return { says: error.message.replace(/http:\/\/127\.0\.0\.1:\d+/g, "URL"), requests };
}

test("bytes arrive as they are", async () => {
  expect(await get((_, response) => response.end("right"))).toBe("right");
});

test("nothing is asked for in compressed form, since the hash is of the bytes", async () => {
  expect(await get(({ headers }, response) => response.end(headers["accept-encoding"]))).toBe(
    "identity",
  );
});

describe("what may pass is tried again", () => {
  test.each([500, 502, 503, 429, 408])("%i, then 200", async (status) => {
    let first = true;
    const handler: Handler = (_, response) => {
      response.writeHead(first ? status : 200).end("right");
      first = false;
    };
    expect(await get(handler)).toBe("right");
  });

  test("500 for ever", async () => {
    expect(await failure((_, response) => response.writeHead(500).end())).toEqual({
      says: "cannot download the thing from URL/thing: the server answers with status 500; nothing was written; try again later",
      requests: 3,
    });
  });

  test("a connection that breaks", async () => {
    let first = true;
    const handler: Handler = (_, response) => {
      if (first) {
        response.writeHead(200, { "content-length": 100 }).write("half");
        setTimeout(() => response.destroy(), 20);
      } else response.end("right");
      first = false;
    };
    expect(await get(handler)).toBe("right");
  });

  test("truncated each time", async () => {
    const { says, requests } = await failure((_, response) => {
      response.writeHead(200, { "content-length": 100 }).write("half");
      setTimeout(() => response.destroy(), 20);
    });
    expect(says).toContain("the connection broke before the end");
    expect(requests).toBe(3);
  });

  test("truncated without a length", async () => {
    const { says } = await failure((_, response) => {
      response.write("half");
      setTimeout(() => response.destroy(), 20);
    });
    expect(says).toContain("the connection broke before the end");
  });

  test("a stall before the answer", async () => {
    const { says } = await failure(() => {}, { retries: 0, stall: 100 });
    expect(says).toContain("nothing came for 0.1 seconds");
  });

  test("a stall in the middle", async () => {
    const { says } = await failure(
      (_, response) => response.writeHead(200, { "content-length": 100 }).write("half"),
      { retries: 0, stall: 100 },
    );
    expect(says).toContain("nothing came for 0.1 seconds");
  });

  test("a trickle", async () => {
    const { says } = await failure(
      (_, response) => {
        const timer = setInterval(() => response.write("."), 20);
        response.on("close", () => clearInterval(timer));
      },
      { retries: 0, total: 300 },
    );
    expect(says).toContain("it took more than 0.3 seconds");
  });

  test("nobody listens", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    await expect(
      download({ url: new URL(`http://127.0.0.1:${port}/`), what: "the thing", limits: LIMITS }),
    ).rejects.toThrow("the connection was refused");
  });
});

describe("what is final is tried once", () => {
  test.each<[string, string, Handler]>([
    [
      "404",
      "the thing is not at URL/thing (status 404)",
      (_, response) => response.writeHead(404).end(),
    ],
    ["403", "the server answers with status 403", (_, response) => response.writeHead(403).end()],
    [
      "403 of GitHub's for too many requests",
      "a token in ZFS_GUIX_GITHUB_TOKEN gives it more",
      (_, response) => response.writeHead(403, { "x-ratelimit-remaining": "0" }).end(),
    ],
    [
      "429 of GitHub's for too many requests",
      "a token in ZFS_GUIX_GITHUB_TOKEN gives it more",
      (_, response) => response.writeHead(429, { "x-ratelimit-remaining": "0" }).end(),
    ],
    [
      "too large, and says so",
      "it has more than 1000 bytes",
      (_, response) => response.writeHead(200, { "content-length": 1001 }).end("x".repeat(1001)),
    ],
    [
      "endless",
      "it has more than 1000 bytes",
      (_, response) => {
        const timer = setInterval(() => response.write("x".repeat(100)), 1);
        response.on("close", () => clearInterval(timer));
      },
    ],
    [
      "a redirect loop",
      "it is redirected more than 3 times",
      (_, response) => response.writeHead(302, { location: "/thing" }).end(),
    ],
    [
      "a redirect to nowhere",
      "it is redirected to no address",
      (_, response) => response.writeHead(302).end(),
    ],
    [
      "a redirect to no address",
      "it is redirected to no address",
      (_, response) => response.writeHead(302, { location: "http://[" }).end(),
    ],
    [
      "a redirect to a file",
      "to file://, which is less safe",
      (_, response) => response.writeHead(302, { location: "file:///etc/passwd" }).end(),
    ],
    [
      "a redirect away from this machine",
      "to http://192.0.2.1, which is less safe",
      (_, response) => response.writeHead(302, { location: "http://192.0.2.1/" }).end(),
    ],
  ])("%s", async (name, text, handler) => {
    const { says, requests } = await failure(handler);
    expect(says).toContain(text);
    expect(requests).toBe(name === "a redirect loop" ? 4 : 1);
  });
});

test("a token that is refused is what is spoken of", async () => {
  const url = await startServer((_, response) => response.writeHead(401).end());
  const get401 = (headers: Record<string, string>): Promise<unknown> =>
    download({ url, what: "the thing", limits: LIMITS, headers });
  await expect(get401({ authorization: "Bearer old" })).rejects.toThrow(
    "the server takes the token in ZFS_GUIX_GITHUB_TOKEN for none of its own, or for an old one",
  );
  await expect(get401({})).rejects.toThrow("the server answers with status 401");
});

test("a redirection is followed, without the headers that were for the first address", async () => {
  const url = await startServer(({ url: path, headers }, response) => {
    if (path === "/thing") response.writeHead(302, { location: "/other" }).end();
    else response.end(String(headers.authorization));
  });
  const bytes = await download({
    url: new URL("thing", url),
    what: "the thing",
    limits: LIMITS,
    headers: { authorization: "Bearer secret" },
  });
  expect(Buffer.from(bytes).toString()).toBe("undefined");
});
