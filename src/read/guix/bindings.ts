import type { Datum } from "../scheme/datum";
import { asString, asSymbol } from "../scheme/walk";
import type { Definition } from "./definition";

/** What the names of a file are bound to; of two definitions of a name, the last holds. */
export class Bindings {
  private readonly byName: ReadonlyMap<string, Definition>;

  constructor(definitions: readonly Definition[]) {
    this.byName = new Map(definitions.map((definition) => [definition.name, definition]));
  }

  get(name: string): Definition | undefined {
    return this.byName.get(name);
  }

  /**
   * The definition that NAME stands for, through `(define-public a b)`;
   * undefined where there is none in this file or where they go in a circle.
   */
  follow(name: string): Definition | undefined {
    const seen = new Set<string>();
    for (let next = name; !seen.has(next);) {
      seen.add(next);
      const definition = this.byName.get(next);
      const alias = asSymbol(definition?.value);
      if (alias === undefined || !this.byName.has(alias)) return definition;
      next = alias;
    }
    return undefined;
  }

  /** The string that DATUM is, or that the name DATUM stands for. */
  string(datum: Datum | undefined): string | undefined {
    const name = asSymbol(datum);
    return asString(name === undefined ? datum : this.follow(name)?.value);
  }
}
