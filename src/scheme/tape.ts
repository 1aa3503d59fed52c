/**
 * What the parser writes down of a text: four numbers a form, in the order in
 * which the forms start.
 *
 * A file of Guix has a hundred thousand forms and a command looks at a few
 * hundred of them, so objects are made (by `datumAt`) only of those that
 * somebody asks for.
 */
export class Tape {
  cells: Int32Array;
  /** Index of the first free cell. */
  used = 0;

  constructor(readonly text: string) {
    // Enough for the usual text; only one made of nothing but parentheses needs four cells a character.
    this.cells = new Int32Array(text.length + 256);
  }

  /** Room for one more form; the cells may be other ones than before. */
  grow(): Int32Array {
    const larger = new Int32Array(this.cells.length * 2);
    larger.set(this.cells);
    this.cells = larger;
    return larger;
  }
}

/** The cells of a form, counted from its index; the first holds its `Mark`. */
export const enum Cell {
  Start = 1,
  End = 2,
  /** Of a finished form: the index after all that is inside. Of an open one: the index of the form around it. */
  Link = 3,
  /** How many there are. */
  Count = 4,
}

/** What the first cell of a form says it is. The order matters where it is said to. */
export const enum Mark {
  // Comments are told apart by marks, too, but are not on the tape.
  LineComment,
  BlockComment,
  ScriptComment,
  DatumComment,
  Symbol,
  /** In a part of the text where `#!fold-case` holds. */
  FoldedSymbol,
  /** Written `#{…}#`. */
  ExtendedSymbol,
  Keyword,
  FoldedKeyword,
  /** A string without any backslash, or with some. */
  PlainString,
  EscapedString,
  Number,
  Character,
  True,
  False,
  Nil,
  Bitvector,
  // From here on, other forms are inside; up to `NumberVector`, any number of them.
  List,
  Vector,
  NumberVector,
  // From here on, exactly one form is waited for.
  /** A list after its dot, and after the form that follows the dot: it waits for none. */
  DottedList,
  TailedList,
  Quotation,
  /** `#:` with space, a comment or `#{` after it, and then a symbol. */
  SpacedKeyword,
  /** `#;`: on the tape only while the form after it is being read. */
  Discarded,
}
