import { readFile } from "node:fs/promises";
import { replaceText } from "../../src/files";

/** Makes FILE hold one text and the other, in turns, until it is killed. */
async function main([file, one, other]: readonly string[]): Promise<void> {
  const texts = [await readFile(one!, "utf8"), await readFile(other!, "utf8")] as const;
  let now = await readFile(file!, "utf8");
  process.stdout.write("ready\n");
  for (;;) {
    const next = now === texts[0] ? texts[1] : texts[0];
    await replaceText(file!, now, next);
    now = next;
  }
}

void main(process.argv.slice(2));
