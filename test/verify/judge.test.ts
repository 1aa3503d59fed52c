import { expect, test } from "@jest/globals";
import { judgeLint } from "../../src/verify/judge";

const remark = (message: string, known = false) => ({ checker: "c", message, location: { file: "x.scm", line: 3, column: 4 }, known });

test("what lint says of ours alone is held against it", () => {
  expect(judgeLint({ remarks: [remark("so long"), remark("so what", true)] })).toEqual({ kind: "fails", lines: ["x.scm:3:4: so long [c]"] });
});

test("what is accepted is not, nor what fails where Guix is not compiled", () => {
  const accepted = ["label 'zfs' does not match package name 'zfs-guix-tools'", "ice-9/eval.scm:191:35: Wrong type to apply: #<syntax-transformer gexp-input?>"];
  expect(judgeLint({ remarks: accepted.map((message) => remark(message)) })).toEqual({ kind: "holds" });
});
