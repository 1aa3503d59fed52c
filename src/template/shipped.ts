import { specifications } from "zfs-guix:templates";
import type { CompiledTemplates } from "./render";

/** The templates that come with zfs-guix, compiled when it was built. */
export const shippedTemplates: CompiledTemplates = new Map(Object.entries(specifications));
