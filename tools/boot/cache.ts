import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { shippedFile } from "../../src/files";
import {
  contained,
  Foundry,
  inRoot,
  installation,
  noDaemons,
  once,
  STAND_INS as BUILD_STAND_INS,
  type Progress,
} from "../built/foundry";
import type { Subject } from "../built/subject";
import { run } from "../run";
import type { BootedKernel, Parts } from "./machine";

/** Of Debian's suite trixie: OpenZFS's own tests, and what they need. */
const DEBIAN_PACKAGES = ["busybox-static", "e2fsprogs", "kmod", "udev", "xz-utils", "zfs-test"];

/** What differs from Guix, for the report. */
export const STAND_INS = [
  ...BUILD_STAND_INS,
  "in the systems, too, Guix's packages are Debian's files; their programs are Debian's, with Debian's libraries and loader",
  "the initrd: busybox, which mounts the root and loads the system's own \"boot\"; /proc/sys/kernel/osrelease says the point release of Guix's kernel, which Debian's is not",
  "shepherd: Debian's, whose socket is below /run; /var/run has a link to it",
  "eudev: systemd's udev (trixie), with its rules; its hwdb.bin is empty; /lib/modules is a link to the booted kernel's, for Debian's modprobe",
  "the source of zfs-auto-snapshot: the files of Debian's package; guix-service-type is left out of %base-services",
  "the older ZFS, and that of the next generation, whose commands fail: copies of the variant for 6.12, under another version; the next kernel of a root on ZFS: the same kernel and the same ZFS, under another version",
  "Guix's own initrd, where the root is on ZFS: its static Guile is Debian's with its libraries; the name that GRUB has among UEFI's variables is left to UEFI's default",
  "not stand-ins: zfs-guix-auto-snapshot, and all of a system that is no package",
];

/** What machines are made of: the images, beside what the daemon built. */
export class Cache {
  private readonly debian: string;

  constructor(
    private readonly foundry: Foundry,
    private readonly progress: Progress,
  ) {
    this.debian = join(foundry.directory, "debian");
  }

  /**
   * Builds NAMES, systems in systems.scm, with the variants of SUBJECTS, which
   * are of one release, with CHANGE made to the channel; and the image that has them.
   */
  async build(
    subjects: readonly Subject[],
    names: readonly string[],
    change: (channel: string) => void = () => {},
  ): Promise<Parts> {
    const { foundry } = this;
    const { release, source } = subjects[0]!;
    const kernels = subjects.map(({ kernel }) => kernel);
    for (const kernel of kernels) await foundry.kernel(kernel);
    await foundry.part("auto-snapshot");
    const own = join(foundry.parts, "boot");
    mkdirSync(own, { recursive: true });
    mkdirSync(join(foundry.parts, "roots/boot"), { recursive: true });
    for (const directory of ["guix", "machine"])
      cpSync(shippedFile(`tools/boot/${directory}`), join(own, directory), { recursive: true });
    const channel = await foundry.channel(
      release,
      kernels.map(({ series }) => series),
    );
    change(join(foundry.root, channel));
    const output = await foundry.guix("systems", [
      ...["guix", "repl", "-q"],
      ...[channel, "/srv/built/tools", "/srv/built/boot/guix"].flatMap((path) => ["-L", path]),
      ...["--", "/srv/built/boot/guix/build.scm", "/srv/built/roots/boot"],
      source,
      ...names,
    ]);
    const systems = new Map(
      [...output.matchAll(/^system (\S+) (\S+) (\S+)$/gm)].map(([, name, file, kernel]) => [
        name!,
        { file: file!, kernel: kernel! },
      ]),
    );
    const items = [...systems.values()].map(({ file }) => file);
    const sources = ["guix/make-image", "machine/agent"].map(tool);
    await foundry.once("image", [...items, ...sources], async () => {
      await foundry.guix("image", [
        "sh",
        "/srv/built/boot/guix/make-image",
        "/srv/built/boot/image",
        ...items,
      ]);
    });
    return {
      image: join(own, "image"),
      systems,
      kernels: new Map(
        await Promise.all(
          kernels.map(async ({ series }) => [series, await this.bootedKernel(series)] as const),
        ),
      ),
    };
  }

  private async bootedKernel(series: string): Promise<BootedKernel> {
    const kernel = `/srv/built/kernels/${series}/kernel`;
    const initrd = `/srv/built/boot/initrd-${series}`;
    await this.foundry.inRoot("initrd", [
      "sh",
      "/srv/built/boot/machine/make-initrd",
      kernel,
      "/srv/built/boot/machine/init",
      initrd,
    ]);
    const here = (file: string): string => join(this.foundry.root, file);
    return { kernel: here(`${kernel}/bzImage`), initrd: here(initrd) };
  }

  /** The image in which OpenZFS's own tests run, with what the system "workshop" of PARTS refers to. */
  async buildZts(parts: Parts): Promise<Parts> {
    await once(join(this.foundry.directory, "debian.done"), DEBIAN_PACKAGES, async () => {
      rmSync(this.debian, { recursive: true, force: true });
      await this.run("Debian trixie", [
        "debootstrap",
        "--variant=minbase",
        "--components=main,contrib",
        "trixie",
        this.debian,
      ]);
      noDaemons(this.debian);
      await this.run("OpenZFS's tests", inRoot(this.debian, installation(DEBIAN_PACKAGES)));
    });
    const { file } = parts.systems.get("workshop")!;
    const items = await this.foundry.guix("store", ["guix", "gc", "-R", file]);
    const list = join(this.foundry.directory, "zts-items");
    writeFileSync(list, items);
    const image = join(this.foundry.directory, "zts-image");
    await this.run(
      "image of the tests",
      contained([
        "sh",
        "-c",
        'exec "$0" "$1" "$2" "$3" < "$4"',
        shippedFile("tools/boot/zts/make-image"),
        this.debian,
        this.foundry.root,
        image,
        list,
      ]),
    );
    return { ...parts, image };
  }

  private async run(what: string, command: readonly [string, ...string[]]): Promise<string> {
    this.progress(what);
    return run(command, {
      onLine: (line) => this.progress(`${what}: ${line}`),
      environment: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
  }
}

/** The text of a file beside this one. */
function tool(file: string): string {
  return readFileSync(shippedFile(`tools/boot/${file}`), "utf8");
}
