// Has a real guix-daemon build what is emitted, with Debian's files in the place of
// Guix's own packages, and looks at what came out:
//
//   npm run test:built -- [--only SERIES]… [--json] [--cache DIRECTORY]
//
// Exit status 1 if anything is not as it has to be, 2 if nothing could be built.
import { runBundled } from "./bundled.mjs";

await runBundled("built/main.ts");
