import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { filesBelow, temporaryDirectory } from "../support/directory";
import { loadedGuile } from "../support/loaded";
import { PROJECT, type Run } from "../support/run";

/** A kernel has 3 of these, an initrd 5. */
const UNIT = 10_000;
/** Room for so many, and what is left for the menu and directories. */
const room = (units: number): number => units * UNIT + 2 ** 20;
const AMPLE = room(1_000);

/** A generation: its kernel's name and its own number, which its initrd has. */
interface Generation {
  readonly number: number;
  readonly kernel: string;
}

const generation = (number: number, kernel = "linux-6.12"): Generation => ({ number, kernel });

const guile = loadedGuile(() => [
  ...["-L", join(PROJECT, "generated")],
  join(PROJECT, "test/tools/install-menu.scm"),
]);

/** A machine with a store and a /boot. */
class Host {
  readonly store: string;
  readonly boot: string;
  private count = 0;

  constructor(
    private readonly directory = temporaryDirectory(),
    readonly root = join(directory, "root"),
  ) {
    this.store = join(directory, "gnu/store");
    this.boot = join(root, "boot");
    mkdirSync(this.store, { recursive: true });
    mkdirSync(this.boot, { recursive: true });
    this.write("image-grub-image.png", 1_000);
  }

  /** Another machine with the same store, whose /boot is as this one's. */
  twin(name: string): Host {
    const twin = new Host(this.directory, join(this.directory, name));
    cpSync(this.boot, twin.boot, { recursive: true });
    return twin;
  }

  /** Puts NAME of SIZE bytes into the store. */
  write(name: string, size: number): string {
    const file = join(this.store, name);
    mkdirSync(dirname(file), { recursive: true });
    if (!existsSync(file)) writeFileSync(file, Buffer.alloc(size, name));
    return file;
  }

  kernel({ kernel }: Generation): string {
    return this.write(`k-${kernel}/bzImage`, 3 * UNIT);
  }

  initrd({ number }: Generation): string {
    return this.write(`i${number}-raw-initrd/initrd.cpio.gz`, 5 * UNIT);
  }

  entry(generation: Generation, search = `search --file --set ${this.kernel(generation)}`): string {
    const kernel = this.kernel(generation);
    return `menuentry "GNU with ${generation.kernel} (#${generation.number})" {
  ${search}
  linux ${kernel} gnu.system=${this.store}/s${generation.number}-system gnu.load=${this.store}/s${generation.number}-system/boot
  initrd  ${this.initrd(generation)}
}
`;
  }

  /** A grub.cfg in the store, as Guix has it, for FIRST and the OTHERS. */
  menu([first, ...others]: readonly Generation[]): string {
    const image = `${this.store}/image-grub-image.png`;
    this.count += 1;
    const file = join(this.store, `m${this.count}-grub.cfg`);
    writeFileSync(
      file,
      `# This file was generated from your Guix configuration.
search --file --set ${image}
insmod png
if background_image ${image}; then
  set color_normal=yellow/black
fi

set default=0
${this.entry(first!)}
menuentry "Memory test" {
  search --file --set /memtest.bin
  linux /memtest.bin${" "}
}

submenu "GNU system, old configurations..." {
${others.map((other) => this.entry(other, "search --label --set none")).join("")}}

if [ "\${grub_platform}" == efi ]; then
  menuentry "Firmware setup" {
    fwsetup
  }
fi
`,
    );
    return file;
  }

  /** Installs MENU; with CUT, in each of ROOTS with the power failing one step later. */
  install(
    menu: string,
    {
      type = "vfat",
      capacity = AMPLE,
      cut = "",
      roots = [this.root],
    }: {
      readonly type?: string;
      readonly capacity?: number;
      readonly cut?: "cut" | "";
      readonly roots?: readonly string[];
    } = {},
  ): Promise<Run> {
    return guile(this.store, menu, type, String(capacity), cut, ...roots);
  }

  /** The text of grub.cfg on /boot; empty where there is none. */
  grubCfg(): string {
    const file = join(this.boot, "grub/grub.cfg");
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  }

  /** The generations in grub.cfg, by number. */
  shown(): readonly number[] {
    return [...this.grubCfg().matchAll(/\(#(\d+)\)/g)].map(([, number]) => Number(number));
  }

  /** The files that grub.cfg needs and /boot has not, or not whole. */
  lacking(): readonly string[] {
    return [...this.grubCfg().matchAll(/^\s*(?:linux|initrd|if background_image) +([^ ;\n]+)/gm)]
      .map(([, file]) => file!)
      .filter((file) => file !== "/memtest.bin")
      .filter((file) => {
        const copy = join(this.boot, file);
        return !existsSync(copy) || statSync(copy).size !== statSync(file).size;
      });
  }

  /** What is on /boot. */
  files(): readonly string[] {
    return filesBelow(this.boot);
  }

  /** The files on /boot that are those of GENERATIONS. */
  filesOf(generations: readonly Generation[]): readonly string[] {
    return [
      "grub/grub.cfg",
      ...new Set(
        [
          join(this.store, "image-grub-image.png"),
          ...generations.flatMap((one) => [this.kernel(one), this.initrd(one)]),
        ].map((file) => file.slice(1)),
      ),
    ].sort();
  }
}

const done = expect.objectContaining({ status: 0, stderr: "" });

describe("what GRUB reads", () => {
  test("is copied under its own names, each once, and found where the menu is", async () => {
    const host = new Host();
    const generations = [generation(2), generation(1)];
    expect(await host.install(host.menu(generations))).toEqual(done);
    expect(host.files()).toEqual(host.filesOf(generations));
    expect(host.lacking()).toEqual([]);
    expect(host.grubCfg()).not.toContain(`search --file --set ${host.store}`);
    // That is the device of the root of an older generation.
    expect(host.grubCfg()).not.toContain("search --label");
    // That of the user is left.
    expect(host.grubCfg()).toContain("search --file --set /memtest.bin");
  });

  test("is changed by nothing the second time", async () => {
    const host = new Host();
    const menu = host.menu([generation(1)]);
    await host.install(menu);
    const times = (): readonly number[] =>
      host.files().map((file) => statSync(join(host.boot, file)).mtimeMs);
    const before = times();
    expect(await host.install(menu)).toEqual(done);
    expect(times()).toEqual(before);
  });

  test("goes when no entry has it, and not before", async () => {
    const host = new Host();
    await host.install(host.menu([generation(2, "linux-6.6"), generation(1)]));
    await host.install(host.menu([generation(3), generation(2, "linux-6.6")]));
    expect(host.files()).toEqual(host.filesOf([generation(3), generation(2, "linux-6.6")]));
    await host.install(host.menu([generation(3)]));
    expect(host.files()).toEqual(host.filesOf([generation(3)]));
    // Nor is an empty directory left.
    expect(existsSync(join(host.boot, dirname(host.initrd(generation(2)))))).toBe(false);
  });

  test("is mended where it is not whole", async () => {
    const host = new Host();
    const menu = host.menu([generation(1)]);
    await host.install(menu);
    writeFileSync(join(host.boot, host.initrd(generation(1))), "half");
    expect(host.lacking()).toHaveLength(1);
    expect(await host.install(menu)).toEqual(done);
    expect(host.lacking()).toEqual([]);
  });

  test("leaves alone what is not below gnu/store", async () => {
    const host = new Host();
    mkdirSync(join(host.boot, "EFI/Guix"), { recursive: true });
    writeFileSync(join(host.boot, "EFI/Guix/grubx64.efi"), "grub");
    writeFileSync(join(host.boot, "memtest.bin"), "test");
    await host.install(host.menu([generation(2), generation(1)]));
    await host.install(host.menu([generation(3)]));
    expect(host.files()).toEqual(
      ["EFI/Guix/grubx64.efi", "memtest.bin", ...host.filesOf([generation(3)])].sort(),
    );
  });
});

describe("whenever the power fails", () => {
  test.each([
    ["a first menu", [], [generation(1)], AMPLE],
    [
      "a new kernel, an old one gone",
      [generation(2), generation(1, "linux-6.1")],
      [generation(3, "linux-6.6"), generation(2)],
      AMPLE,
    ],
    [
      "room only once others are gone",
      [generation(3), generation(2), generation(1)],
      [generation(4), generation(3)],
      room(22),
    ],
  ] as const)(
    "%s: all that the menu has can be booted, then and after another run",
    async (...row) => {
      const [, before, after, capacity] = row;
      const host = new Host();
      if (before.length > 0) expect(await host.install(host.menu(before))).toEqual(done);
      const menu = host.menu(after);
      const { stdout } = await host.twin("whole").install(menu, { capacity });
      const steps = Number(stdout);
      expect(steps).toBeGreaterThan(10);
      const twins = Array.from({ length: steps }, (_, cut) => host.twin(`cut-${cut}`));
      const roots = twins.map(({ root }) => root);
      expect(await host.install(menu, { capacity, roots, cut: "cut" })).toEqual({
        status: 9,
        stdout: Array.from({ length: steps }, (_, cut) => `${cut}\n`).join(""),
        stderr: "",
      });
      expect(twins.map((twin) => twin.lacking())).toEqual(twins.map(() => []));
      // There is always one to boot.
      if (before.length > 0) expect(twins.filter((twin) => twin.shown().length === 0)).toEqual([]);
      expect(await host.install(menu, { capacity, roots })).toEqual(done);
      for (const twin of twins) {
        expect(twin.files()).toEqual(host.filesOf(after));
        expect(twin.shown()).toEqual(after.map(({ number }) => number));
      }
    },
  );
});

describe("where there is no room", () => {
  test("nothing is changed, and a sentence says what lacks", async () => {
    const host = new Host();
    await host.install(host.menu([generation(1)]));
    const [files, text] = [host.files(), host.grubCfg()];
    const { status, stderr } = await host.install(
      host.menu([generation(2, "linux-6.6"), generation(1)]),
      {
        capacity: room(12),
      },
    );
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: `${host.boot} has no room for the kernel and initrd of the new menu, by 1 MB: delete generations that you can do without, by 'guix system delete-generations', and run the command again; what was there is as it was`,
    });
    expect([host.files(), host.grubCfg()]).toEqual([files, text]);
  });

  test("a menu of fewer generations makes it", async () => {
    const host = new Host();
    const capacity = room(22);
    await host.install(host.menu([3, 2, 1].map((number) => generation(number))), { capacity });
    // A reconfiguration: none of the old ones can go.
    expect(
      await host.install(host.menu([4, 3, 2, 1].map((number) => generation(number))), { capacity }),
    ).toEqual(expect.objectContaining({ status: 1 }));
    expect(host.shown()).toEqual([3, 2, 1]);
    // What delete-generations makes of it.
    expect(
      await host.install(host.menu([4, 3].map((number) => generation(number))), { capacity }),
    ).toEqual(done);
    expect(host.files()).toEqual(host.filesOf([generation(4), generation(3)]));
  });

  test("what an earlier run left makes it", async () => {
    const host = new Host();
    await host.install(host.menu([generation(1)]));
    const rest = join(host.boot, host.store, "i9-raw-initrd/initrd.cpio.gz.new");
    mkdirSync(dirname(rest), { recursive: true });
    writeFileSync(rest, Buffer.alloc(5 * UNIT));
    expect(
      await host.install(host.menu([generation(2), generation(1)]), { capacity: room(15) }),
    ).toEqual(done);
    expect(host.files()).toEqual(host.filesOf([generation(2), generation(1)]));
  });
});

describe("a /boot that GRUB could not read is refused before anything is written:", () => {
  test.each([
    ["-", /boot is not mounted: mount the file system there that GRUB is to read/],
    ["zfs", /boot is on a ZFS pool, which GRUB cannot read/],
  ])("type %s", async (type, sentence) => {
    const host = new Host();
    const { status, stderr } = await host.install(host.menu([generation(1)]), { type });
    expect(status).toBe(1);
    expect(stderr).toMatch(sentence);
    expect(host.files()).toEqual([]);
  });

  test("a file of the menu that is nowhere", async () => {
    const host = new Host();
    const menu = host.menu([generation(2), generation(1)]);
    spawnSync("rm", [host.initrd(generation(1))]);
    const { status, stderr } = await host.install(menu);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /the menu has .*initrd\.cpio\.gz, which is not in the store: delete the/,
    );
    expect(host.files()).toEqual([]);
  });
});
