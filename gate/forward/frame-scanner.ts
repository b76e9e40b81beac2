/** The frame types of WebSockets (RFC 6455, section 5.2). From 8 on they are control frames, which carry no data. */
export const OPCODE = { close: 0x8, ping: 0x9, pong: 0xa } as const;

/** A control frame has at most this many bytes: 2 bytes, a mask of 4 bytes, and 125 bytes of payload. */
export const MAX_CONTROL_FRAME_BYTES = 131;

export interface FrameListener {
  /** @param offset of the first byte of the frame in this chunk */
  onStart?(offset: number, opcode: number): void;
  /** @param offset after the last byte of the frame in this chunk */
  onEnd?(offset: number): void;
}

/** Finds the frames in the bytes of one direction of a WebSocket, without keeping the payload. Chunks may end anywhere. */
export class FrameScanner {
  /** The beginning of a frame: two bytes, a length of up to eight bytes, a mask. */
  readonly #header = new Uint8Array(14);
  #headerBytes = 0;
  /** Bytes of the payload that are still to come. */
  #remaining = 0;
  #opcode = 0;
  #isUnreadable = false;

  /** Whether a frame may be inserted after the bytes that were scanned. */
  get isBetweenFrames(): boolean {
    return this.#headerBytes === 0 && this.#remaining === 0 && !this.#isUnreadable;
  }

  /** Returns how many bytes of the chunk are payload of data frames. */
  scan(chunk: Uint8Array, listener: FrameListener = {}): number {
    let dataBytes = 0;
    let offset = 0;
    while (offset < chunk.length && !this.#isUnreadable) {
      if (this.#remaining > 0) {
        const taken = Math.min(this.#remaining, chunk.length - offset);
        this.#remaining -= taken;
        offset += taken;
        if (this.#opcode < OPCODE.close) dataBytes += taken;
        if (this.#remaining === 0) listener.onEnd?.(offset);
        continue;
      }
      const byte = chunk[offset] as number;
      if (this.#headerBytes === 0) {
        this.#opcode = byte & 0x0f;
        listener.onStart?.(offset, this.#opcode);
      }
      this.#header[this.#headerBytes] = byte;
      this.#headerBytes += 1;
      offset += 1;
      if (this.#headerBytes < this.#headerLength()) continue;
      this.#headerBytes = 0;
      this.#remaining = this.#payloadLength();
      // No program sends such a frame. The frames after it cannot be found.
      if (!Number.isSafeInteger(this.#remaining)) this.#isUnreadable = true;
      else if (this.#remaining === 0) listener.onEnd?.(offset);
    }
    return dataBytes;
  }

  #headerLength(): number {
    if (this.#headerBytes < 2) return 2;
    const second = this.#header[1] as number;
    const length = second & 0x7f;
    return 2 + (length === 127 ? 8 : length === 126 ? 2 : 0) + (second >= 0x80 ? 4 : 0);
  }

  #payloadLength(): number {
    const length = (this.#header[1] as number) & 0x7f;
    const view = new DataView(this.#header.buffer);
    if (length < 126) return length;
    return length === 126 ? view.getUint16(2) : view.getUint32(2) * 2 ** 32 + view.getUint32(6);
  }
}
