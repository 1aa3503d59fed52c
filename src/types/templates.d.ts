/** Made by build.mjs from templates/, and by Jest's stand-in for it. */
declare module "zfs-guix:templates" {
  export const specifications: Readonly<Record<string, TemplateSpecification>>;
}

declare module "write-file-atomic" {
  export default function writeFileAtomic(file: string, text: string, options?: { encoding?: BufferEncoding; mode?: number }): Promise<void>;
}
