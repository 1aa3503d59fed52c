import fc from "fast-check";

/** Pieces of Scheme that mean something, or nearly do. */
export const FRAGMENTS = [
  ...Array.from("()[]{}'`,@#;|\\\".:~$+-!*<&%/0179aefinstuvxTFλ😀\u00a0\u2003\v\f\t\r\n\0 "),
  ..."#( #[ #: #\\ #; #| |# #! !# #{ }# #' #` #, #,@ #~ #$ #$@ #+ #+@ ,@".split(" "),
  ..."#t #f #true #false #nil #n #T #F #tru #*101 #* #vu8( #u8( #s8( #f32( #f64( #2( #1= #@1( #c64( #s( #v".split(
    " ",
  ),
  ..."#x1F #xG #b101 #e1.5 #i1/2 #d #o8 #x#e1 #e+inf.0 #! #!fold-case #!no-fold-case #!r6rs #!default #!eof".split(
    " ",
  ),
  ..."#\\a #\\space #\\x41 #\\x #\\nul #\\110000 #\\xd800 #\\777 #\\9 #\\( #\\foo #\\\u00e9".split(
    " ",
  ),
  ..."a foo define-public a.b a:b FOO __proto__ . .. ... 1+ - + -> 1/2 1/0 .5 5. 1e3 1e999 1e-999 +i -inf.0 +nan.0 1@2".split(
    " ",
  ),
  ..."1+2i 12# 1#.# 1d2 +nan.1 1٣ -٣ 256 -1 1.5 -128".split(" "),
  ...'"a" "\\n" "\\x41" "\\x4 "\\u00e9" "\\ud800" "\\U110000" "\\q" "\\( \\x \\} \\\\'.split(" "),
  '"\\\n "',
  "; comment\n",
  ";",
  "#{a b}#",
  "#{\\x41;}#",
  "(a . b)",
  "(a . ",
  " . ",
  ")",
  "))",
  "\r\n",
  "\ufeff",
];

const name = fc.constantFrom(
  "a",
  "linux-libre-6.12",
  "->x",
  "1+",
  "...",
  "λ",
  "__proto__",
  "a|b",
  "#{x y}#",
  "-",
  "a:b",
  "x'",
);

const string = fc
  .array(
    fc.constantFrom(
      ...Array.from("ab(;\n\t|'λ😀#"),
      "\\n",
      "\\\\",
      '\\"',
      "\\x41",
      "\\u00e9",
      "\\U01f600",
      "\\0",
      "\\(",
      "\\\n",
    ),
  )
  .map((parts) => `"${parts.join("")}"`);

const atom = fc.oneof(
  name,
  name.filter((text) => !text.startsWith("#")).map((text) => `#:${text}`),
  string,
  fc.integer().map(String),
  fc.constantFrom(
    "1/2",
    ".5",
    "1e3",
    "#xFF",
    "+inf.0",
    "#t",
    "#f",
    "#true",
    "#nil",
    "#*101",
    "#vu8(1 #xff)",
  ),
  fc.constantFrom("#\\a", "#\\space", "#\\x41", "#\\(", "#\\;", "#\\λ", "#\\😀"),
);

/** What may stand between two forms, and keeps them apart. */
const gap = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(" ", "\n  ", "\t", "\r\n", "\f") },
  fc.constantFrom(
    ' ;; ("\n',
    ' #| ( #| " |# |# ',
    " #;(a #;b c) ",
    ' #;"x" ',
    " #! ( !# ",
    "\n#;#;a b\n",
  ),
);

const prefix = fc.constantFrom(
  "'",
  "`",
  ",",
  ",@",
  "#'",
  "#`",
  "#,",
  "#,@",
  "#~",
  "#$",
  "#$@",
  "#+",
  "#+@",
);

/** One valid form of Scheme, nested and written in all ways. */
export const schemeForm: fc.Arbitrary<string> = fc.letrec<{
  form: string;
  spaced: string;
  many: string;
}>((tie) => ({
  form: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    atom,
    fc
      .tuple(fc.constantFrom("()", "[]"), tie("many"), gap)
      .map(([ends, many, end]) => `${ends[0]!}${many}${end}${ends[1]!}`),
    fc
      .tuple(tie("spaced"), tie("many"), gap, tie("spaced"))
      .map(([first, many, , tail]) => `(${first}${many} .${tail})`),
    tie("many").map((many) => `#(${many} )`),
    fc
      .tuple(prefix, tie("form"))
      .map(([before, form]) => (form.startsWith("@") ? `${before} ${form}` : before + form)),
    fc.tuple(prefix, tie("spaced")).map(([before, form]) => before + form),
  ),
  spaced: fc.tuple(gap, tie("form")).map(([before, form]) => before + form),
  many: fc.array(tie("spaced"), { maxLength: 4 }).map((forms) => forms.join("")),
})).form;
