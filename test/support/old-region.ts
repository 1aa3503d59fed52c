/** A managed region as 0.1.0 wrote it, without a seal, around BODY. */
export function oldRegion(body: string, added: readonly string[] = []): string {
  const record =
    added.length === 0
      ? []
      : [
          ";;; These imports were added for it:",
          ...added.map((spec) => `;;;   #:use-module ${spec}`),
        ];
  return [
    ";;; zfs-guix: begin",
    ";;; Written by 'zfs-guix generate --in-place': an edit between this line and",
    ";;; the end marker is lost the next time.",
    ...record,
    "",
    body.trim(),
    "",
    ";;; zfs-guix: end",
  ].join("\n");
}
