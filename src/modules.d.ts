/** The parts of the package s-expression that are used; it ships no types of its own. */
declare module "s-expression" {
  export class Parser<Form> {
    constructor(text: string);
    /** The text, and the offset of the next character to be read. */
    readonly _stream: string;
    _pos: number;
    peek(): string;
    until(pattern: RegExp): string;
    error(message: string): unknown;
    string(): unknown;
    atom(): unknown;
    quoted(): unknown;
    list(): unknown;
    /** "" where no form begins. */
    expr(): Form | "";

    static readonly not_whitespace_or_end: RegExp;
    static readonly string_or_escaped_or_end: RegExp;
  }
}

declare module "*.hbs" {
  /** For handlebars/runtime. */
  const compiled: TemplateSpecification;
  export default compiled;
}

// Its own types say nothing.
declare module "handlebars/runtime" {
  const runtime: Pick<typeof import("handlebars"), "Utils" | "template">;
  export default runtime;
}
