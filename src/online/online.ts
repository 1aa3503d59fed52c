// Everything of the online half, which is a bundle of its own: no other
// command needs to read it.  See build.mjs.
export { releasesOnline } from "./releases";
export { serverAt } from "./server";
