import type { Timers } from '#adapters/local/timers.ts';

/** The frame types of WebSockets (RFC 6455, section 5.2). From 8 on they are control frames, which carry no data. */
export const OPCODE = { close: 0x8, ping: 0x9, pong: 0xa } as const;

/** A control frame has at most this many bytes: 2 bytes, a mask of 4 bytes, and 125 bytes of payload. */
const MAX_CONTROL_FRAME_BYTES = 131;

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

/** Removes the pongs to pings of the gate from what a browser sends. The workbench did not send those pings. */
export class PongFilter {
  readonly #scanner = new FrameScanner();
  /** The payload of the latest ping whose pong has not arrived. */
  #expected: Buffer | undefined;
  /** The beginning of a pong. It is kept until it is clear whether it responds to a ping of the gate. */
  #held: Buffer[] | undefined;
  #heldBytes = 0;

  /** @param payload of a ping that is sent to the browser */
  expect(payload: Buffer): void {
    this.#expected = payload;
  }

  /** Returns what of a chunk is forwarded, and how many of its bytes are data. */
  filter(chunk: Buffer): { readonly forwarded: readonly Buffer[]; readonly dataBytes: number } {
    if (this.#expected === undefined && this.#held === undefined) {
      return { forwarded: [chunk], dataBytes: this.#scanner.scan(chunk) };
    }
    const forwarded: Buffer[] = [];
    let from = 0;
    const dataBytes = this.#scanner.scan(chunk, {
      onStart: (offset, opcode) => {
        if (opcode !== OPCODE.pong || this.#expected === undefined) return;
        if (offset > from) forwarded.push(chunk.subarray(from, offset));
        from = offset;
        this.#held = [];
        this.#heldBytes = 0;
      },
      onEnd: (offset) => {
        if (this.#held === undefined) return;
        const frame = Buffer.concat([...this.#held, chunk.subarray(from, offset)]);
        this.#held = undefined;
        from = offset;
        if (this.#isExpected(frame)) this.#expected = undefined;
        else forwarded.push(frame);
      },
    });
    this.#keepRest(chunk.subarray(from), forwarded);
    return { forwarded, dataBytes };
  }

  #keepRest(rest: Buffer, forwarded: Buffer[]): void {
    if (rest.length === 0) return;
    if (this.#held === undefined) {
      forwarded.push(rest);
      return;
    }
    this.#held.push(rest);
    this.#heldBytes += rest.length;
    // Too long for a pong. The workbench refuses it.
    if (this.#heldBytes <= MAX_CONTROL_FRAME_BYTES) return;
    forwarded.push(...this.#held);
    this.#held = undefined;
  }

  #isExpected(frame: Buffer): boolean {
    const expected = this.#expected;
    if (expected === undefined || frame[1] !== (0x80 | expected.length)) return false;
    const mask = frame.subarray(2, 6);
    const payload = frame.subarray(6).map((byte, index) => byte ^ (mask[index % 4] as number));
    return expected.equals(payload);
  }
}

/** A WebSocket as the pings see it. */
export interface Pingable {
  /** Whether bytes were sent to the browser since the last call. */
  takeActivity(): boolean;
  /** Sends a ping to the browser if no frame is in progress. */
  ping(): void;
}

const TICK_MS = 5000;
/** Whole ticks without a byte before a ping: the ping is sent after 20 to 25 s. Many proxies end connections after 60 s. */
const IDLE_TICKS = 4;

/** Sends pings on WebSockets to browsers on which nothing was sent for 20 to 25 s. One timer serves all of them. */
export class IdlePings {
  readonly #timers: Timers;
  /** Each WebSocket with the number of ticks since its last byte. */
  readonly #idleTicks = new Map<Pingable, number>();
  #cancel: (() => void) | undefined;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  add(webSocket: Pingable): void {
    this.#idleTicks.set(webSocket, 0);
    if (this.#cancel === undefined) this.#schedule();
  }

  delete(webSocket: Pingable): void {
    this.#idleTicks.delete(webSocket);
    if (this.#idleTicks.size > 0) return;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #schedule(): void {
    this.#cancel = this.#timers.after(TICK_MS, () => {
      this.#tick();
      this.#schedule();
    });
  }

  #tick(): void {
    for (const [webSocket, ticks] of this.#idleTicks) {
      const idleTicks = webSocket.takeActivity() ? 0 : ticks + 1;
      if (idleTicks >= IDLE_TICKS) {
        webSocket.ping();
        this.#idleTicks.set(webSocket, 0);
      } else {
        this.#idleTicks.set(webSocket, idleTicks);
      }
    }
  }
}
