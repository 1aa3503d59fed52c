// Lets bump follow the history of a real Guix repository, commit by commit:
//
//   npm run replay -- --guix-git DIR [--revision REV] [--since DAY] [--verbose]
//     [--picture FILE.svg]
//
// The picture shows, day by day, whether the newest kernel of Guix had a ZFS.
// Exit status 1 if anything was not as it should be.
import { runBundled } from "./bundled.mjs";

await runBundled("replay/main.ts");
