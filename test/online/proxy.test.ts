import { createServer as createProxy, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { connect, type AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { generate } from "selfsigned";
import { proxyFor } from "../../src/online/download";
import { temporaryDirectory } from "../support/directory";
import { github, listed, releaseDataText, releaseTarball } from "../support/releases";
import { startZfsGuix, type Run } from "../support/run";

/** A server that is taken for GitHub's, and the proxy that leads there whoever is asked for. */
let server: Server;
let proxy: Server;
/** Who signed for the server. */
let authority: string;
/** What the proxy was asked, and the credentials that it was shown. */
const asked: (readonly [server: string | undefined, credentials: string | undefined])[] = [];
/** The status with which it answers. */
let status: number;

const portOf = (one: Server): number => (one.address() as AddressInfo).port;
const listen = (one: Server): Promise<void> =>
  new Promise((resolve) => one.listen(0, "127.0.0.1", resolve));

beforeAll(async () => {
  const tarball = await releaseTarball("2.4.5", { maximum: "7.3" });
  const { private: key, cert } = await generate([{ name: "commonName", value: "github.com" }], {
    extensions: [
      { name: "basicConstraints", cA: true },
      {
        name: "subjectAltName",
        altNames: ["github.com", "api.github.com"].map((value) => ({ type: 2, value })),
      },
    ],
  });
  authority = cert;
  const answer = github([listed("2.4.5", { tarball })], new Map([["2.4.5", tarball]]));
  server = createSecureServer({ key, cert }, answer);
  proxy = createProxy((_, response) => response.writeHead(500).end());
  proxy.on("connect", ({ url, headers }, client, head) => {
    asked.push([url, headers["proxy-authorization"]]);
    if (status !== 200) {
      client.end(`HTTP/1.1 ${status} No\r\n\r\n`);
      return;
    }
    const there = connect(portOf(server), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      there.write(head);
      there.pipe(client).pipe(there);
    });
    for (const end of [there, client])
      end.on("error", () => {
        there.destroy();
        client.destroy();
      });
  });
  await Promise.all([listen(server), listen(proxy)]);
});

afterAll(() => {
  for (const one of [server, proxy]) one.close();
});

beforeEach(() => {
  status = 200;
  asked.length = 0;
});

/** `bump --online` of a channel, where nothing but ENVIRONMENT says how to reach GitHub. */
async function bump(environment: NodeJS.ProcessEnv): Promise<Run> {
  const cwd = temporaryDirectory({
    "kernels.scm": '("6.12")',
    "data/openzfs-releases.json": releaseDataText(),
    "authority.pem": authority,
  });
  const { PATH } = process.env;
  const env = { PATH, NODE_EXTRA_CA_CERTS: join(cwd, "authority.pem"), ...environment };
  return startZfsGuix(["bump", "--online"], { cwd, env }).ended;
}

test.each(["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])("%s is gone through", async (name) => {
  const run = await bump({ [name]: `http://user:secret@127.0.0.1:${portOf(proxy)}` });
  expect(run).toMatchObject({ status: 0, stdout: expect.stringContaining("2.4.5") });
  expect(run.stderr).not.toMatch(/warning|experimental/i);
  const credentials = `Basic ${Buffer.from("user:secret").toString("base64")}`;
  expect(asked).toEqual([
    ["api.github.com:443", credentials],
    ["github.com:443", credentials],
  ]);
});

const hint =
  "nothing was written; see whether HTTPS_PROXY and NO_PROXY are right, or try again later";
const list =
  "https://api.github.com/repos/openzfs/zfs/releases?per_page=100&page=1, through the proxy http://127.0.0.1:PORT";

test.each<[string, string, NodeJS.ProcessEnv, string]>([
  [
    "wants a password",
    "407",
    {},
    `zfs-guix: cannot download the list of OpenZFS releases from ${list}: the proxy answers with status 407; ${hint}\n`,
  ],
  [
    "puts in a certificate of its own",
    "200",
    { NODE_EXTRA_CA_CERTS: undefined },
    `zfs-guix: cannot download the list of OpenZFS releases from ${list}: self-signed certificate; if a proxy here puts in a certificate of its own, name the file of who signs it in NODE_EXTRA_CA_CERTS; ${hint}\n`,
  ],
])("a proxy that %s is told of", async (_, answer, environment, said) => {
  status = Number(answer);
  const port = portOf(proxy);
  const run = await bump({ HTTPS_PROXY: `http://user:secret@127.0.0.1:${port}`, ...environment });
  expect({ ...run, stderr: run.stderr.replace(/127\.0\.0\.1:\d+/g, "127.0.0.1:PORT") }).toEqual({
    status: 2,
    stdout: "",
    stderr: said,
  });
});

test.each(["socks5://127.0.0.1:1080", "http://user:secret@:80", "ftp://user:secret@x"])(
  "%s is no proxy, and is not repeated",
  async (address) => {
    expect(await bump({ https_proxy: address })).toEqual({
      status: 2,
      stdout: "",
      stderr:
        "zfs-guix: the proxy for https://api.github.com in HTTPS_PROXY or ALL_PROXY is not one that can be used; expected one such as http://proxy.example.org:3128; or except this address with NO_PROXY\n",
    });
  },
);

describe("who is asked without a proxy", () => {
  const before = process.env;
  afterAll(() => {
    process.env = before;
  });
  test.each<[string, string, boolean]>([
    ["https://github.com/x", "", true],
    ["https://github.com/x", "example.org", true],
    ["https://github.com/x", "github.com", false],
    ["https://api.github.com/x", ".github.com", false],
    ["https://api.github.com/x", "*", false],
    // What is not encrypted goes through nobody's hands.
    ["http://127.0.0.1:8000/x", "", false],
  ])("%s, with NO_PROXY=%s", (address, exceptions, isProxied) => {
    process.env = { https_proxy: "http://p:1", http_proxy: "http://p:1", NO_PROXY: exceptions };
    expect(proxyFor(new URL(address)) !== undefined).toBe(isProxied);
  });
  test.each([
    ["127.0.0.1:3128", "http://127.0.0.1:3128/"],
    ["proxy.example.org:3128", "http://proxy.example.org:3128/"],
    ["user:secret@proxy.example.org:3128", "http://user:secret@proxy.example.org:3128/"],
    ["http://proxy.example.org:3128", "http://proxy.example.org:3128/"],
    ["https://proxy.example.org:3128", "https://proxy.example.org:3128/"],
  ])("%s is the proxy %s", (named, proxy) => {
    for (const variable of ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]) {
      process.env = { [variable]: named };
      expect(proxyFor(new URL("https://api.github.com/x"))!.href).toBe(proxy);
    }
  });
});
