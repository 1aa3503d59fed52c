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
