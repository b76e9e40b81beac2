/** A frame of a WebSocket, as the tests make it. */
export interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
  /** Browsers mask their frames. */
  readonly mask?: Buffer;
  /** Uses more bytes for the length than it needs: 2 or 8. */
  readonly lengthBytes?: 2 | 8;
}

/** Renders a frame (RFC 6455, section 5.2). */
export function renderFrame({ opcode, payload, mask, lengthBytes }: Frame): Buffer {
  const masked = mask === undefined ? 0 : 0x80;
  const long = lengthBytes ?? (payload.length > 65_535 ? 8 : payload.length > 125 ? 2 : 0);
  const header = Buffer.alloc(2 + long);
  header[0] = 0x80 | opcode;
  if (long === 0) header[1] = masked | payload.length;
  if (long === 2) {
    header[1] = masked | 126;
    header.writeUInt16BE(payload.length, 2);
  }
  if (long === 8) {
    header[1] = masked | 127;
    header.writeBigUInt64BE(BigInt(payload.length), 2);
  }
  if (mask === undefined) return Buffer.concat([header, payload]);
  return Buffer.concat([header, mask, payload.map((byte, index) => byte ^ (mask[index % 4] as number))]);
}

/** Cuts bytes at the given fractions, each from 0 to 1. */
export function cutAt(bytes: Buffer, fractions: readonly number[]): Buffer[] {
  const places = fractions.map((fraction) => Math.floor(fraction * bytes.length)).sort((a, b) => a - b);
  return [0, ...places].map((from, index) => bytes.subarray(from, places[index] ?? bytes.length));
}
