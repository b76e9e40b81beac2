import type { AuditArchive } from '#core/ports/audit-archive.ts';

/** Exported audit events in memory. */
export class MemoryAuditArchive implements AuditArchive {
  /** The content of the files, by hour. */
  readonly files = new Map<number, string>();

  async sizes(from: number, to: number): Promise<ReadonlyMap<number, number>> {
    return new Map(
      [...this.files]
        .filter(([hour]) => hour >= from && hour < to)
        .map(([hour, text]) => [hour, Buffer.byteLength(text)]),
    );
  }

  async write(hour: number, texts: AsyncIterable<string>, unlessAtMost = -1): Promise<boolean> {
    let content = '';
    for await (const text of texts) content += text;
    if (Buffer.byteLength(content) <= unlessAtMost) return false;
    this.files.set(hour, content);
    return true;
  }
}
