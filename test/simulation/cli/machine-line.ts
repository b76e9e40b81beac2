import { cpus, totalmem } from 'node:os';

/** What figures depend on, in one line. */
export function machineLine(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, ${memory} GiB, Node ${process.version}`;
}
