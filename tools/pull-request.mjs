// Opens a pull request, or brings the one that is open up to date:
//
//   PULL_REQUEST_TITLE=… PULL_REQUEST_TEXT=… node tools/pull-request.mjs HEAD BASE
//
// HEAD and BASE are branches of the repository GITHUB_REPOSITORY, on the server
// whose API is at GITHUB_API_URL: GitHub and Forgejo set both, and answer alike.
// The token in GITHUB_TOKEN is sent there and shown nowhere.  Needs nothing but
// Node, so that no package is installed where there is a token that can write.
const { GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN, PULL_REQUEST_TITLE, PULL_REQUEST_TEXT } =
  process.env;
const [head, base] = process.argv.slice(2);

/** GitHub's limit for a text, in characters. */
const MAXIMUM_TEXT = 65_536;

async function api(method, path, body) {
  const response = await fetch(`${GITHUB_API_URL}/repos/${GITHUB_REPOSITORY}/pulls${path}`, {
    method,
    redirect: "error",
    signal: AbortSignal.timeout(60_000),
    headers: {
      accept: "application/json",
      "content-type": "application/json",
      authorization: `token ${GITHUB_TOKEN}`,
      "user-agent": "zfs-guix",
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!response.ok) {
    // Why, such as that the repository's settings do not let a workflow open one.
    const said = await response.json().catch(() => undefined);
    const why = String(said?.message ?? "").replace(/[^ -~]+/g, " ");
    throw new Error(`the server answers ${method} pulls with status ${response.status}: ${why}`);
  }
  return response.json();
}

async function main() {
  if (
    !GITHUB_API_URL ||
    !GITHUB_REPOSITORY ||
    !GITHUB_TOKEN ||
    !PULL_REQUEST_TITLE ||
    !head ||
    !base
  ) {
    throw new Error(
      "expected HEAD BASE, and GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN, PULL_REQUEST_TITLE in the environment",
    );
  }
  const title = PULL_REQUEST_TITLE.split("\n")[0];
  const body = (PULL_REQUEST_TEXT ?? "").slice(0, MAXIMUM_TEXT);
  // Both have a filter for this, each its own, so neither is used.  A stranger's
  // fork may have a branch of that name, and must not get our words.
  const isOurs = (request) =>
    request.head.ref === head &&
    request.base.ref === base &&
    request.head.repo?.full_name.toLowerCase() === GITHUB_REPOSITORY.toLowerCase();
  const open = (await api("GET", "?state=open&per_page=100&limit=50")).find(isOurs);
  const { number } =
    open === undefined
      ? await api("POST", "", { head, base, title, body })
      : await api("PATCH", `/${open.number}`, { title, body });
  console.log(
    `pull request ${Number(number)} ${open === undefined ? "opened" : "brought up to date"}`,
  );
}

main().catch((error) => {
  console.error(`pull-request: ${error.message}`);
  process.exitCode = 1;
});
