// Preloaded with --import, kills the process before the step of writing whose
// number, from 1, KILLED_AT is.
import { promises } from "node:fs";

let left = Number(process.env.KILLED_AT);
const handle = await promises.open(process.execPath);
await handle.close();
for (const [owner, steps] of [
  [promises, ["mkdir", "rename", "rmdir", "unlink"]],
  [Object.getPrototypeOf(handle), ["writeFile", "sync"]],
])
  for (const name of steps) {
    const step = owner[name];
    owner[name] = function (...args) {
      left -= 1;
      if (left === 0) process.kill(process.pid, "SIGKILL");
      return step.apply(this, args);
    };
  }
