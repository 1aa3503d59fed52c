import Handlebars from "handlebars/runtime";
import autoSnapshot from "../../templates/auto-snapshot.scm.hbs";
import channel from "../../templates/channel.scm.hbs";
import region from "../../templates/region.scm.hbs";
import tools from "../../templates/tools.scm.hbs";
import zfsVariant from "../../templates/zfs-variant.scm.hbs";
import { inFile, isUserError, UserError } from "../errors";
import { read, type Source } from "../read/scheme/read";
import { schemeLiteral, SymbolName, type LiteralValue } from "./literal";
import type { ChannelView, RegionView } from "./view";

// What Handlebars does to whatever a {{name}} writes: it escapes for HTML, and we for Scheme.
Object.assign(Handlebars.Utils, {
  escapeExpression: (value: unknown) => schemeLiteral(value as LiteralValue),
});

/** The templates by the names that they have for each other; the build has compiled them. */
const TEMPLATES = Object.fromEntries(
  Object.entries({
    "auto-snapshot": autoSnapshot,
    channel,
    region,
    tools,
    "zfs-variant": zfsVariant,
  }).map(([name, compiled]) => [name, Handlebars.template<unknown>(compiled)]),
);

interface Views {
  readonly channel: ChannelView;
  readonly region: RegionView;
}

/**
 * What template NAME gives for VIEW.
 *
 * @throws UserError where that is no Scheme: somebody has edited the templates.
 */
export function render<Name extends keyof Views>(name: Name, view: Views[Name]): Source {
  const file = `templates/${name}.scm.hbs`;
  const hint = "mend it, or a template that it includes, and build again";
  const text = inFile(file, () => textOf(name, view), hint);
  try {
    return read(text);
  } catch (error) {
    if (!isUserError(error)) throw error;
    throw new UserError(
      error.problems.map(({ line, message }) => ({
        file,
        message: `what this template gives does not parse: ${message}${line === undefined ? "" : `, in the line ${JSON.stringify(text.split("\n")[line - 1])}`}`,
        hint,
      })),
    );
  }
}

/**
 * VALUE, a view or a part of it, in which nothing can be named that is not
 * there: Handlebars would take a misspelt condition for one that does not hold.
 */
function strict(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strict);
  if (typeof value !== "object" || value === null || value instanceof SymbolName) return value;
  const parts = Object.fromEntries(Object.entries(value).map(([key, part]) => [key, strict(part)]));
  return new Proxy(parts, {
    get: (target, key) => {
      if (typeof key === "string" && !Object.hasOwn(target, key))
        throw new UserError({ message: `this template names ${key}, which is not there` });
      return target[key as string];
    },
  });
}

function textOf(name: string, view: unknown): string {
  try {
    const text = TEMPLATES[name]!(strict(view), { partials: TEMPLATES });
    // Handlebars indents a template within another, its empty lines too.
    return text.replace(/(?<![ \t])[ \t]+$/gm, "");
  } catch (error) {
    if (isUserError(error)) throw error;
    const [said] = (error as Error).message.split("\n");
    throw new UserError({ message: `this template cannot be filled in: ${said}` });
  }
}
