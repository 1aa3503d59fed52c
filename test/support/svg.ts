/** Where a text of a picture stands, in pixels. */
export interface TextBox {
  readonly words: string;
  readonly y: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** The size of PICTURE, and its texts as the widest font of fixed width (0.61 of its size a character) would draw them. */
export function textBoxes(picture: string): {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly TextBox[];
} {
  const number = (text: string, name: string): number =>
    Number(new RegExp(`\\b${name}="([0-9.]+)"`).exec(text)![1]);
  const size = Number(/text\{font:(\d+)px ui-monospace/.exec(picture)![1]);
  const boxes = [...picture.matchAll(/<text([^>]*)>([^<]*)<\/text>/g)].map(
    ([, attributes, words]): TextBox => {
      const [x, y, width] = [
        number(attributes!, "x"),
        number(attributes!, "y"),
        words!.replace(/&[^;]+;/g, "x").length * size * 0.61,
      ];
      const left = attributes!.includes('"middle"')
        ? x - width / 2
        : attributes!.includes('"end"')
          ? x - width
          : x;
      return { words: words!, y, left, right: left + width, top: y - size, bottom: y + size / 3 };
    },
  );
  return { width: number(picture, "width"), height: number(picture, "height"), boxes };
}

/** The pairs of BOXES that have a place in common. */
export function touching(boxes: readonly TextBox[]): [string, string][] {
  return boxes.flatMap((one, index) =>
    boxes
      .slice(index + 1)
      .filter(
        (other) =>
          one.left < other.right &&
          other.left < one.right &&
          one.top < other.bottom &&
          other.top < one.bottom,
      )
      .map((other): [string, string] => [one.words, other.words]),
  );
}
