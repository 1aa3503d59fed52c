// Our side of the reader's line, see read.scm: prints how many milliseconds
// it takes to read the file that is named.
import { readFileSync } from "node:fs";
import { read } from "../src/read/scheme/read";

const start = performance.now();
read(readFileSync(process.argv[2]!, "utf8"));
console.log(performance.now() - start);
