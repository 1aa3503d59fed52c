// Everything of the online half, so that one file of the build holds it.
export { releasesOnline } from "./releases";
export { serverAt } from "./server";
