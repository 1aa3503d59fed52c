/** The parts of the package s-expression that are used; it ships no types of its own. */
declare module "s-expression" {
  export class Parser {
    constructor(text: string);
    /** Offset of the next character to be read. */
    _pos: number;
    _stream: string;
    error(message: string): Error;
    expr(): unknown;
  }
}
