/** Made by build.mjs from templates/, and by Jest's stand-in for it. */
declare module "zfs-guix:templates" {
  export const specifications: Readonly<Record<string, TemplateSpecification>>;
}
