// Loaded into a run of Node: says at its end how much memory it had, in KiB.
process.on("exit", () => require("node:fs").writeSync(3, String(process.resourceUsage().maxRSS)));
