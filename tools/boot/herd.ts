/** The states in which `herd status` lists the services, by the headings that it prints. */
export type Services = ReadonlyMap<string, string>;

/** The state of each service by its name, such as "started", of what `herd status` printed. */
export function parseHerdStatus(text: string): Services {
  const services = new Map<string, string>();
  let state: string | undefined;
  for (const line of text.split("\n")) {
    const heading = /^([A-Z][A-Za-z -]*):$/.exec(line);
    const item = /^ [+*!~^-] (\S+)/.exec(line);
    if (heading !== null) state = heading[1]!.toLowerCase();
    else if (item !== null && state !== undefined) services.set(item[1]!, state);
  }
  return services;
}
