/** The parts of the package s-expression that are used; it ships no types of its own. */
declare module "s-expression" {
  export type Parsed = string | String | Parsed[];

  export class Parser {
    constructor(text: string);
    /** Zero-based, of the next character to be read. */
    _line: number;
    _col: number;
    _pos: number;
    _stream: string;
    peek(): string;
    consume(): string;
    until(stop: RegExp): string;
    error(message: string): Error & { line: number; col: number };
    string(): unknown;
    atom(): unknown;
    quoted(): unknown;
    expr(): unknown;
    list(): unknown;
  }

  interface Parse {
    (text: string): Parsed | (Error & { line: number; col: number });
    Parser: typeof Parser;
  }
  const parse: Parse;
  export default parse;
}
