import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { shippedFile } from "../../src/files";
import { download, type Limits } from "../../src/online/download";
import { guixHash } from "../../src/online/tarball";
import { RELEASES_FILE } from "../../src/read/inputs";
import { commandPaths, type Release } from "../../src/read/openzfs/release";
import { isUserError, UserError } from "../../src/errors";
import { run } from "../run";
import { parseSaid, type Built } from "./said";

/** Of Debian's suite sid, beside Guix: what stands in for its packages; see stand-ins.scm. */
const PACKAGES = `
  attr bash-completion bc binutils bison busybox-static cpio curl dosfstools e2fsprogs
  efibootmgr fdisk file flex fuse3 gawk gcc gcc-14 grub-common grub-efi-amd64-bin grub2-common
  guile-zlib guile-zstd inetutils-ping kbd kmod libaio-dev libattr1-dev libblkid-dev
  libc6-dev libcap2-bin libelf1t64 libssl-dev libtirpc-dev libudev-dev make mingetty mount
  netbase nfs-kernel-server nscd openssl patch patchelf perl pkgconf procps python3
  python3-cffi sudo tzdata udev uidmap uuid-dev xz-utils zlib1g-dev zstd`
  .trim()
  .split(/\s+/);

/** A kernel that Debian has. */
export interface DebianKernel {
  readonly series: string;
  /**
   * The suite of Debian.  The compiler that it was built with counts: what the
   * kernel's configuration says of it must hold for gcc-14, which is Guix's.
   * Those up to trixie are built with that one or an older; those of sid are
   * not, and OpenZFS's configure then says that modules cannot be loaded.
   */
  readonly suite: string;
}

/** Those of which a variant can be built, oldest first. */
export const KERNELS: readonly DebianKernel[] = [
  { series: "5.10", suite: "bullseye" },
  { series: "6.1", suite: "bookworm" },
  { series: "6.12", suite: "trixie" },
  { series: "7.2", suite: "trixie-backports" },
];

/** One that no release supports. */
export const TOO_NEW: DebianKernel = { series: "7.3", suite: "trixie-backports" };

/** What is not as in Guix where things are built, for the report. */
export const STAND_INS = [
  "Guix's packages, which are named below: Debian's files (sid) at the store paths that Guix computed; libraries, headers, shells and Guile are copies, all else links; gcc runs Debian's gcc-14, and finds Debian's headers of libc",
  "the kernels and their module builders: those of Debian's bullseye, bookworm, trixie and trixie-backports, of other point releases than Guix's, each at the store path of Guix's",
  "the daemon builds without a container (--disable-chroot)",
  "not stand-ins, but built by guix-daemon of the derivations that Guix computed: the variants, zfs-guix-tools, the kernels' profiles, Guix's ld-wrapper; the source is OpenZFS's tarball, with the pinned hash",
];

/** With what mutants are built. */
export const SMALL_SOURCE =
  "the source of the mutants: OpenZFS's, with a configure and a Makefile that make modules and programs which do next to nothing";

/** The suites whose OpenZFS may be of a release that is asked for. */
const SUITES = ["sid", "trixie-backports", "trixie", "bookworm-backports"];

/** Where Debian's Guix has its packages. */
const PACKAGES_OF_GUIX = "usr/share/guile/site/3.0/gnu/packages";

/** In Guix's file of it, the package "zfs", up to the hash of its source; its release. */
const ZFS_OF_GUIX = /\n\(define-public zfs\n[^]*?\(version "([^"]*)"[^]*?"[0-9a-z]{52}"/;

/** Of a release's tarball, which has some 35 MB. */
const LIMITS: Limits = {
  stall: 15_000,
  total: 600_000,
  bytes: 200_000_000,
  redirects: 5,
  retries: 0,
  retryDelay: 1_000,
};

/** Says what is being done. */
export type Progress = (step: string) => void;

/**
 * A Debian with Guix, below DIRECTORY, whose daemon builds what is ours; all else
 * is Debian's files at the store paths that Guix computed.
 */
export class Foundry {
  /** Its root directory. */
  readonly root: string;
  private readonly missing = new Set<string>();

  constructor(
    readonly directory: string,
    private readonly progress: Progress,
  ) {
    this.root = join(directory, "guix");
  }

  /** The directory of what is made here, as this machine sees it. */
  get parts(): string {
    return join(this.root, "srv/built");
  }

  /** Makes it; where it is there already, nothing is done. */
  async make(): Promise<void> {
    mkdirSync(this.directory, { recursive: true });
    await this.guix("Guix", ["true"]);
    await this.once("packages", PACKAGES, async () => {
      noDaemons(this.root);
      await this.inRoot("what stands in for Guix's packages", installation(PACKAGES));
      // OpenZFS's configure takes a machine that has it for a Debian, and
      // then installs to /usr.
      rmSync(join(this.root, "etc/debian_version"), { force: true });
    });
    // A copy: Guile and the shell read a program as it runs, while somebody edits it.
    rmSync(join(this.parts, "tools"), { recursive: true, force: true });
    cpSync(shippedFile("tools/built"), join(this.parts, "tools"), { recursive: true });
    await this.part("udev");
    // What is in the store is as it was made.
    const makers = ["stand-ins.scm", "get-kernel", "get-udev"].map(text);
    await this.once("store", [...PACKAGES, ...makers], () => {
      rmSync(join(this.parts, "roots"), { recursive: true, force: true });
      return this.clean();
    });
  }

  /** Gets the part NAME, of which a stand-in is made, by the script of that name, unless it is there. */
  async part(name: string): Promise<void> {
    await this.once(name, [text(`get-${name}`)], async () => {
      await this.inRoot(name, [...["sh", `/srv/built/tools/get-${name}`], `/srv/built/${name}`]);
    });
  }

  /** Takes out of the store what is not needed for the newest of each that was built, and the logs of it. */
  async clean(): Promise<void> {
    await this.guix("store", ["sh", "/srv/built/tools/clean"]);
  }

  /** Gets the kernel of SERIES, unless it is there; its release, such as "6.12.118+deb13-amd64". */
  async kernel({ series, suite }: DebianKernel): Promise<string> {
    const directory = join(this.parts, "kernels", series);
    await this.once(`kernel-${series}`, [suite, text("get-kernel")], async () => {
      mkdirSync(join(this.parts, "kernels"), { recursive: true });
      await this.inRoot(`kernel ${series}`, [
        "sh",
        "/srv/built/tools/get-kernel",
        series,
        suite,
        `/srv/built/kernels/${series}`,
      ]);
    });
    return readFileSync(join(directory, "version"), "utf8").trim();
  }

  /** Gets the source of RELEASE, unless it is there: Debian's, or else OpenZFS's own; whether it could be had. */
  async source({ version, sha256 }: Release): Promise<boolean> {
    const file = join(this.parts, "sources", `zfs-${version}.tar.gz`);
    if (existsSync(file)) return true;
    if (sha256 === undefined || this.missing.has(version)) return false;
    mkdirSync(join(this.parts, "sources"), { recursive: true });
    await this.inRoot(`source of OpenZFS ${version}`, [
      "sh",
      "/srv/built/tools/get-source",
      version,
      `/srv/built/sources/new`,
      ...SUITES,
    ]);
    const fetched = join(this.parts, "sources/new");
    const bytes = existsSync(fetched)
      ? readFileSync(fetched)
      : await download({
          url: new URL(
            `https://github.com/openzfs/zfs/releases/download/zfs-${version}/zfs-${version}.tar.gz`,
          ),
          what: `the source of OpenZFS ${version}`,
          limits: LIMITS,
        }).catch((error: unknown) => {
          if (isUserError(error)) return undefined;
          throw error;
        });
    rmSync(fetched, { force: true });
    if (bytes === undefined) {
      this.missing.add(version);
      return false;
    }
    if (guixHash(bytes) !== sha256)
      throw new UserError({
        message: `the source of OpenZFS ${version} that was downloaded has the hash ${guixHash(bytes)}, and not the one that is pinned`,
        hint: "do not use it; find out who is wrong",
      });
    writeFileSync(file, bytes);
    return true;
  }

  /** A channel with the kernels of SERIES and RELEASE; its file name in the root directory. */
  async channel(
    { version }: Release,
    series: readonly string[],
    options: readonly string[] = [],
  ): Promise<string> {
    rmSync(join(this.parts, "channel"), { recursive: true, force: true });
    await this.run("channel", [
      process.execPath,
      shippedFile("dist/zfs-guix.js"),
      ...["generate", "--quiet", "--kernels", series.join(","), "--zfs", version],
      ...["--out", join(this.parts, "channel")],
      ...options,
    ]);
    return "/srv/built/channel";
  }

  /** Guix's file of ZFS with the variants in place, its `zfs` being of RELEASE; its directory in the root directory. */
  async inPlace({ version, sha256 }: Release): Promise<string> {
    const directory = join(this.parts, "in-place");
    rmSync(directory, { recursive: true, force: true });
    for (const name of ["linux.scm", "file-systems.scm"])
      cpSync(join(this.root, PACKAGES_OF_GUIX, name), join(directory, "gnu/packages", name), {
        recursive: true,
        // Guile takes what is compiled of a file that is as old as this.
        preserveTimestamps: true,
      });
    const file = join(directory, "gnu/packages/file-systems.scm");
    const updated = readFileSync(file, "utf8").replace(ZFS_OF_GUIX, (definition, own: string) =>
      own === version
        ? definition
        : definition.replace(own, version).replace(/"[0-9a-z]{52}"/, `"${sha256}"`),
    );
    writeFileSync(file, updated);
    await this.run("in place", [
      process.execPath,
      shippedFile("dist/zfs-guix.js"),
      ...["generate", "--quiet", "--in-place", "--guix", directory],
    ]);
    return "/srv/built/in-place";
  }

  /** A source of RELEASE that goes through all phases in seconds, in the root directory, and a file of releases, here, that pins it. */
  async smallSource(
    release: Release,
  ): Promise<{ readonly source: string; readonly releases: string }> {
    const source = `/srv/built/small/zfs-${release.version}.tar.gz`;
    mkdirSync(join(this.parts, "small"), { recursive: true });
    await this.inRoot("small source", [
      ...["sh", "/srv/built/tools/make-small-source", this.sourceInRoot(release), release.version],
      source,
      ...commandPaths([release]),
    ]);
    const releases = join(this.parts, "small/releases.json");
    const pinned = readFileSync(shippedFile(RELEASES_FILE), "utf8").replaceAll(
      release.sha256!,
      guixHash(readFileSync(join(this.root, source))),
    );
    writeFileSync(releases, pinned);
    return { source, releases };
  }

  /** The file name in the root directory of the source of RELEASE. */
  sourceInRoot({ version }: Release): string {
    return `/srv/built/sources/zfs-${version}.tar.gz`;
  }

  /**
   * Has the daemon build TARGETS, of build.scm, of CHANNEL, with SOURCE, a file in
   * the root directory; what came of each, in their order.  They are kept until
   * others of the same names are built with the same KEEP.
   */
  async build(
    what: string,
    channel: string,
    source: string,
    targets: readonly string[],
    keep = "built",
  ): Promise<readonly Built[]> {
    const roots = `/srv/built/roots/${keep}`;
    mkdirSync(join(this.root, roots), { recursive: true });
    const output = await this.guix(what, [
      ...["guix", "repl", "-q", "-L", channel, "-L", "/srv/built/tools", "--"],
      ...["/srv/built/tools/build.scm", roots, source],
      ...targets,
    ]);
    const said = parseSaid(output);
    return targets.map((target) => said.get(target)!);
  }

  /** Whether the Guix that is here has the kernel of SERIES. */
  hasKernel(series: string): boolean {
    return readFileSync(join(this.root, PACKAGES_OF_GUIX, "linux.scm"), "utf8").includes(
      `(define-public linux-libre-${series}\n`,
    );
  }

  /** The release of the package "zfs" of the Guix that is here. */
  get releaseOfGuix(): string {
    const text = readFileSync(join(this.root, PACKAGES_OF_GUIX, "file-systems.scm"), "utf8");
    return ZFS_OF_GUIX.exec(text)![1]!;
  }

  /** Has the daemon build what `guix pull` builds of this project as a channel: its modules, and the profile; and the packages that the latter lists. */
  async pull(): Promise<{
    readonly modules: Built;
    readonly profile: Built;
    readonly packages: string;
  }> {
    const checkout = join(this.parts, "checkout");
    rmSync(checkout, { recursive: true, force: true });
    for (const path of [".guix-channel", "news.scm", "generated"])
      cpSync(shippedFile(path), join(checkout, path), { recursive: true });
    mkdirSync(join(this.parts, "roots/pull"), { recursive: true });
    const said = parseSaid(
      await this.guix("guix pull", [
        ...["guix", "repl", "-q", "-L", "/srv/built/tools", "--", "/srv/built/tools/pull.scm"],
        ...["/srv/built/roots/pull", "/srv/built/checkout"],
      ]),
    );
    const [modules, profile] = [said.get("pull=modules")!, said.get("pull=profile")!];
    return {
      modules,
      profile,
      packages:
        profile.failed === undefined
          ? await this.guix("guix pull", [
              `${profile.outputs.get("out")!}/bin/guix`,
              "package",
              "--list-available=^zfs-",
            ])
          : "",
    };
  }

  /** Runs COMMAND where Guix and its daemon are, at the top of this project. */
  async guix(what: string, command: readonly string[]): Promise<string> {
    return this.run(
      what,
      contained([shippedFile("test/real-guix/with-guix"), "--root", this.root, ...command]),
    );
  }

  /** Runs COMMAND in the root directory. */
  async inRoot(what: string, command: readonly string[]): Promise<string> {
    return this.run(what, inRoot(this.root, command));
  }

  async run(what: string, command: readonly [string, ...string[]]): Promise<string> {
    this.progress(what);
    return run(command, {
      onLine: (line) => this.progress(`${what}: ${line}`),
      environment: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
  }

  /** Does ACTION unless it was done, to its end, for the same INGREDIENTS. */
  async once(
    name: string,
    ingredients: readonly string[],
    action: () => Promise<void>,
  ): Promise<void> {
    // It goes when with-guix makes the root directory anew.
    mkdirSync(this.parts, { recursive: true });
    await once(join(this.parts, `${name}.done`), ingredients, action);
  }
}

/** Does ACTION unless MARK, a file, says that it was done, to its end, for the same INGREDIENTS. */
export async function once(
  mark: string,
  ingredients: readonly string[],
  action: () => Promise<void>,
): Promise<void> {
  const key = createHash("sha256").update(JSON.stringify(ingredients)).digest("hex");
  if (existsSync(mark) && readFileSync(mark, "utf8") === key) return;
  rmSync(mark, { force: true });
  await action();
  writeFileSync(mark, key);
}

/** The text of a file beside this one. */
function text(file: string): string {
  return readFileSync(shippedFile(`tools/built/${file}`), "utf8");
}

/** The command that installs PACKAGES. */
export function installation(packages: readonly string[]): readonly string[] {
  return [
    ...["apt-get", "install", "-y", "-q", "--no-install-recommends"],
    ...["-o", "Dpkg::Options::=--force-unsafe-io"],
    ...packages,
  ];
}

/** COMMAND with mounts and processes of its own, which go when it does. */
export function contained(command: readonly string[]): [string, ...string[]] {
  return ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", ...command];
}

/** COMMAND in the root directory ROOT. */
export function inRoot(root: string, command: readonly string[]): [string, ...string[]] {
  return contained([
    "sh",
    "-c",
    'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"',
    root,
    ...command,
  ]);
}

/** Lets no package of the root directory ROOT start its daemon. */
export function noDaemons(root: string): void {
  writeFileSync(join(root, "usr/sbin/policy-rc.d"), "#!/bin/sh\nexit 101\n", { mode: 0o755 });
}
