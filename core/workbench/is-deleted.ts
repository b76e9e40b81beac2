/**
 * Whether a user has deleted the workbench: it is hidden, and its files are kept until `restorable.until`. A version that does
 * not know the field may have started it since; then it no longer counts as deleted.
 */
export function isDeleted({
  restorable,
  startedAt = 0,
}: {
  readonly restorable?: { readonly deletedAt: number } | undefined;
  readonly startedAt?: number | undefined;
}): boolean {
  return restorable !== undefined && startedAt <= restorable.deletedAt;
}
