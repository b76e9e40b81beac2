const FIRST_MS = 1000;
const LONGEST_MS = 60_000;

/**
 * The backoff after `failures` (≥ 1) consecutive failures, in milliseconds: doubles from one second to one minute, and is
 * reduced by up to half, differently for each workbench, so that workbenches that were throttled together do not retry
 * together. Deterministic.
 */
export function backoffMs(workbenchId: string, failures: number): number {
  const maximum = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 16));
  return Math.round(maximum * (1 - hashFraction(`${workbenchId}/${failures}`) / 2));
}

/** FNV-1a, as a fraction of 1. */
function hashFraction(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0) / 2 ** 32;
}
