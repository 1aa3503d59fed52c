import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { shippedFile } from "../../src/files";
import type { Parts } from "./machine";
import { run } from "../run";

/** Of Debian's suite trixie: the kernel, OpenZFS as DKMS builds it, udev, and what make-parts needs. */
const DEBIAN_PACKAGES = [
  "linux-image-amd64",
  "linux-headers-amd64",
  "zfs-dkms",
  "zfsutils-linux",
  "zfs-zed",
  "zfs-auto-snapshot",
  // Some of what a variant has, such as zinject, and OpenZFS's own tests.
  "zfs-test",
  // Those of load-key have a server of their own.
  "openssl",
  "udev",
  "kmod",
  "busybox-static",
  "cpio",
  "e2fsprogs",
  "xz-utils",
];

/** Of the suite sid, beside Guix: what stands in for its packages; see stand-ins.scm. */
const GUIX_PACKAGES = [
  ...[
    "bash-completion",
    "e2fsprogs",
    "fdisk",
    "fuse3",
    "gcc",
    "inetutils-ping",
    "kbd",
    "kmod",
    "libc6-dev",
    "libcap2-bin",
    "make",
  ],
  ...[
    "mingetty",
    "netbase",
    "nscd",
    "patchelf",
    "procps",
    "sudo",
    "tzdata",
    "udev",
    "uidmap",
    "zstd",
  ],
];

/** What differs from Guix, for the report. */
export const STAND_INS = [
  "every Guix package: links to the files of Debian's package of that name (sid), at the store path that Guix computed; libraries and loader are Debian's",
  'the kernel linux-libre-6.12: linux-image-amd64 (trixie); its initrd: busybox, which mounts the root and loads the system\'s own "boot"',
  "zfs-for-linux-6.12: zfs-dkms and zfsutils-linux (trixie), copied into the variant's store path with their libraries; links in /usr/sbin for zed's scripts",
  "shepherd: Debian's, whose socket is below /run; /var/run has a link to it",
  "eudev: systemd's udev (trixie), with its rules; its hwdb.bin is empty; /lib/modules is a link to the booted kernel's, for Debian's modprobe",
  "the source of zfs-auto-snapshot: the files of Debian's package; guix-service-type is left out of %base-services",
  "not stand-ins, but built by guix-daemon: zfs-guix-tools, zfs-guix-auto-snapshot, the kernel's profile, and all of the system that is no package",
];

/** Says what is being done; the second time on the same line where that can be. */
export type Progress = (step: string) => void;

/** The roots and the images, below DIRECTORY. */
export class Cache {
  readonly debian: string;
  private readonly guix: string;

  constructor(
    readonly directory: string,
    private readonly progress: Progress,
  ) {
    this.debian = join(directory, "debian");
    this.guix = join(directory, "guix");
  }

  /** Makes both roots; where they are there already, nothing is done. */
  async make(): Promise<void> {
    mkdirSync(this.directory, { recursive: true });
    await this.once("debian", [], async () => {
      rmSync(this.debian, { recursive: true, force: true });
      await this.run("Debian trixie", [
        "debootstrap",
        "--variant=minbase",
        "--components=main,contrib",
        "trixie",
        this.debian,
      ]);
    });
    await this.once("debian-packages", DEBIAN_PACKAGES, async () => {
      noDaemons(this.debian);
      // An initrd takes Debian longer to make than all else here, and is not used.
      if (!existsSync(join(this.debian, "usr/sbin/update-initramfs"))) {
        await this.run(
          "list of packages",
          inRoot(this.debian, [
            "sh",
            "-c",
            "dpkg-divert --local --rename --add /usr/sbin/update-initramfs && ln -s /bin/true /usr/sbin/update-initramfs",
          ]),
        );
      }
      await this.run("list of packages", inRoot(this.debian, ["apt-get", "update", "-qq"]));
      await this.run(
        "kernel and OpenZFS's module, which take minutes",
        inRoot(this.debian, install(DEBIAN_PACKAGES)),
      );
    });
    await this.run("Guix", this.withGuix(["true"]));
    await this.once("guix-packages", GUIX_PACKAGES, async () => {
      noDaemons(this.guix);
      await this.run("what stands in for Guix's packages", this.withGuix(install(GUIX_PACKAGES)));
    });
    const sources = ["debian/make-parts", "guix/stand-ins.scm"].map((file) =>
      readFileSync(tool(file), "utf8"),
    );
    await this.once("parts", [...DEBIAN_PACKAGES, ...GUIX_PACKAGES, ...sources], async () => {
      cpSync(tool("debian/make-parts"), join(this.debian, "srv/make-parts"));
      await this.run("parts", inRoot(this.debian, ["sh", "/srv/make-parts"]));
      mkdirSync(join(this.guix, "srv/boot"), { recursive: true });
      rmSync(join(this.guix, "srv/boot/parts"), { recursive: true, force: true });
      await this.run("parts", [
        "cp",
        "-a",
        join(this.debian, "srv/parts"),
        join(this.guix, "srv/boot/parts"),
      ]);
      // Stand-ins are as they were made, and so is what was built of them.
      await this.run("store", this.withGuix(["guix", "gc"]));
    });
    for (const file of ["debian/make-initrd", "machine/init"])
      cpSync(tool(file), join(this.debian, "srv", basename(file)));
    await this.run("initrd", inRoot(this.debian, ["sh", "/srv/make-initrd"]));
  }

  /** Builds NAMES, systems in systems.scm, with CHANGE made to the channel, and the image that has them. */
  async build(
    names: readonly string[],
    change: (channel: string) => void = () => {},
  ): Promise<Parts> {
    const boot = join(this.guix, "srv/boot");
    const channel = join(boot, "channel");
    const zfs = /^zfs\/([\d.]+),/m.exec(
      await run(inRoot(this.debian, ["dkms", "status", "zfs"])),
    )![1]!;
    rmSync(channel, { recursive: true, force: true });
    await this.run("channel", [
      process.execPath,
      shippedFile("dist/zfs-guix.js"),
      "generate",
      "--kernels",
      "6.12",
      "--zfs",
      zfs,
      "--out",
      channel,
    ]);
    change(channel);
    const output = await this.run(
      "systems",
      this.withGuix([
        "guix",
        "repl",
        "-L",
        "/srv/boot/channel",
        "-L",
        "tools/boot/guix",
        "--",
        "tools/boot/guix/build.scm",
        ...names,
      ]),
    );
    const systems = new Map(
      [...output.matchAll(/^system (\S+) (\S+)$/gm)].map(([, name, file]) => [name!, file!]),
    );
    const sources = ["guix/make-image", "machine/agent"].map((file) =>
      readFileSync(tool(file), "utf8"),
    );
    await this.once("image", [...systems.values(), ...sources], async () => {
      await this.run(
        "image",
        this.withGuix(["tools/boot/guix/make-image", "/srv/boot/image", ...systems.values()]),
      );
    });
    return { ...this.kernel(), image: join(boot, "image"), systems };
  }

  /** The image in which OpenZFS's own tests run, with what SYSTEM refers to. */
  async buildZts({ systems }: Parts): Promise<Parts> {
    const system = systems.get("workshop")!;
    const items = await run(this.withGuix(["guix", "gc", "-R", system]));
    const list = join(this.directory, "zts-items");
    writeFileSync(list, items);
    const image = join(this.directory, "zts-image");
    await this.run(
      "image of the tests",
      contained([
        "sh",
        "-c",
        'exec "$0" "$1" "$2" "$3" < "$4"',
        tool("zts/make-image"),
        this.debian,
        this.guix,
        image,
        list,
      ]),
    );
    return { ...this.kernel(), image, systems };
  }

  private kernel(): { readonly kernel: string; readonly initrd: string } {
    return {
      kernel: join(this.guix, "srv/boot/parts/kernel/bzImage"),
      initrd: join(this.debian, "srv/initrd.img"),
    };
  }

  private async run(what: string, command: readonly [string, ...string[]]): Promise<string> {
    this.progress(what);
    return run(command, {
      onLine: (line) => this.progress(`${what}: ${line}`),
      environment: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
  }

  /** Does ACTION unless it was done, to its end, for the same INGREDIENTS. */
  private async once(
    name: string,
    ingredients: readonly string[],
    action: () => Promise<void>,
  ): Promise<void> {
    const mark = join(this.directory, `${name}.done`);
    const key = createHash("sha256").update(JSON.stringify(ingredients)).digest("hex");
    if (existsSync(mark) && readFileSync(mark, "utf8") === key) return;
    rmSync(mark, { force: true });
    await action();
    writeFileSync(mark, key);
  }

  /** COMMAND in the root with Guix, at the top of this project. */
  private withGuix(command: readonly string[]): [string, ...string[]] {
    return contained([shippedFile("test/real-guix/with-guix"), "--root", this.guix, ...command]);
  }
}

/** A file beside this one. */
function tool(file: string): string {
  return shippedFile(`tools/boot/${file}`);
}

function install(packages: readonly string[]): readonly string[] {
  return [
    "apt-get",
    "install",
    "-y",
    "-q",
    "--no-install-recommends",
    "-o",
    "Dpkg::Options::=--force-unsafe-io",
    ...packages,
  ];
}

/** COMMAND with mounts and processes of its own, which go when it does. */
function contained(command: readonly string[]): [string, ...string[]] {
  return ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", ...command];
}

/** COMMAND in the root directory ROOT. */
function inRoot(root: string, command: readonly string[]): [string, ...string[]] {
  return contained([
    "sh",
    "-c",
    'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"',
    root,
    ...command,
  ]);
}

/** Lets no package of the root directory ROOT start its daemon. */
function noDaemons(root: string): void {
  writeFileSync(join(root, "usr/sbin/policy-rc.d"), "#!/bin/sh\nexit 101\n", { mode: 0o755 });
}
