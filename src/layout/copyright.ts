/** Who commits, and when. */
export interface Holder {
  readonly name: string;
  readonly email: string;
  readonly year: number;
}

const LINE = /^;;; Copyright © ([0-9][0-9, –-]*) (.*?) <([^>\r\n]*)>(?=\r?$)/gm;

/** The line of TEXT, a file of Guix, that names HOLDER. */
function lineOf(text: string, { name, email }: Pick<Holder, "name" | "email">) {
  return [...text.matchAll(LINE)].find((line) => line[2] === name || line[3] === email);
}

export function namesHolder(text: string, holder: Pick<Holder, "name" | "email">): boolean {
  return lineOf(text, holder) !== undefined;
}

/**
 * TEXT, a file of Guix, whose copyright lines name HOLDER, as Guix wants it of
 * who adds more than a line; as it is where it has none.
 */
export function withCopyright(text: string, holder: Holder): string {
  const { name, email, year } = holder;
  const own = lineOf(text, holder);
  const last = [...text.matchAll(LINE)].at(-1);
  if (own !== undefined) {
    const years = own[1]!;
    const end = own.index + ";;; Copyright © ".length + years.length;
    if (covers(years, year)) return text;
    // Who writes 2019-2025 writes 2019-2026 a year later.
    const start = new RegExp(`[-–]${year - 1}$`).test(years) ? end - 4 : end;
    return `${text.slice(0, start)}${start === end ? ", " : ""}${year}${text.slice(end)}`;
  }
  if (last === undefined) return text;
  const end = last.index + last[0].length;
  const eol = text[end] === "\r" ? "\r\n" : "\n";
  return `${text.slice(0, end)}${eol};;; Copyright © ${year} ${name} <${email}>${text.slice(end)}`;
}

/** Whether YEARS, such as `2017, 2020–2022`, has YEAR among them. */
function covers(years: string, year: number): boolean {
  return years.split(",").some((part) => {
    const [first, last = first] = part.split(/[-–]/).map(Number) as [number, number?];
    return first <= year && year <= last;
  });
}
