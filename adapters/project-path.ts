/** The folder of the volume in which users work, as a path in the container. */
export function projectPathOf(mountPath: string): string {
  return `${mountPath}/project`;
}
