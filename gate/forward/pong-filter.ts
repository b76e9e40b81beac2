import { FrameScanner, MAX_CONTROL_FRAME_BYTES, OPCODE } from './frame-scanner.ts';

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
