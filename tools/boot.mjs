// Boots a real Linux with a real ZFS and a real Shepherd in an emulated
// machine, and looks at what the emitted packages and services do there:
//
//   npm run boot -- [--only NAME]… [--mutants | --zts] [--json] [--cache DIRECTORY]
//
// Exit status 1 if anything was not as it should be, 2 if nothing could be booted.
import { runBundled } from "./bundled.mjs";

await runBundled("boot/main.ts");
