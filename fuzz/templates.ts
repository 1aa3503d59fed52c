import { specifications } from "zfs-guix:templates";
import type { CompiledTemplates } from "../src/template/render";

export const templates: CompiledTemplates = new Map(Object.entries(specifications));
