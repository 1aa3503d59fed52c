import { shippedSpecifications } from "../../src/template/custom";

/** What build.mjs puts into the bundle. */
export const specifications: Readonly<Record<string, TemplateSpecification>> = Object.fromEntries(
  [...(await shippedSpecifications())].map(([name, source]) => [name, new Function(`return ${source}`)() as TemplateSpecification]),
);
