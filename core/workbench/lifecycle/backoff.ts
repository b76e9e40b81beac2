const FIRST_MS = 1000;
const LONGEST_MS = 60_000;

/**
 * How long to wait after `failed-invocations` (≥ 1) failures in a row: doubling from one second to one minute, and
 * spread by up to half of it, differently for each workbench, so that those refused together do not return
 * together. Deterministic.
 */
export function backoffMs(workbenchId: string, failures: number): number {
  const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 16));
  return Math.round(whole * (1 - spread(`${workbenchId}/${failures}`) / 2));
}

/** FNV-1a, as a fraction of 1. */
function spread(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0) / 2 ** 32;
}
