/** The end of an output, however much there was of it. */
export class Tail {
  private text = "";
  private cut = false;

  /** LIMIT counts UTF-16 units. */
  constructor(private readonly limit: number) {}

  add(chunk: string): void {
    this.text += chunk;
    // Not at each chunk: a flood in small ones would copy the tail each time.
    if (this.text.length > 2 * this.limit) this.shorten();
  }

  private shorten(): void {
    if (this.text.length <= this.limit) return;
    this.text = this.text.slice(-this.limit);
    this.cut = true;
  }

  /** The last lines, whole ones where there is more than one; without the empty ones around them. */
  lines(): string[] {
    this.shorten();
    const lines = this.text.split(/\r?\n|\r/);
    while (lines.length > 0 && lines.at(-1)!.trim() === "") lines.pop();
    if (this.cut && lines.length > 1) lines.shift();
    while (lines.length > 0 && lines[0]!.trim() === "") lines.shift();
    return lines;
  }
}
