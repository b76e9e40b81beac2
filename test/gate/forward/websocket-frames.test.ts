import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameScanner, PongFilter } from '#gate/forward/websocket-frames.ts';
import { cutAt, type Frame, renderFrame } from './websocket-frames.ts';

const PONG = 0xa;
const BINARY = 0x2;

const bytes = (length: fc.Arbitrary<number>) => length.map((n) => Buffer.alloc(n, n));
const mask = fc.uint8Array({ minLength: 4, maxLength: 4 }).map((key) => Buffer.from(key));
const dataFrame = fc.record<Frame>(
  {
    opcode: fc.constantFrom(0x0, 0x1, 0x2),
    payload: bytes(fc.oneof(fc.nat(130), fc.constantFrom(125, 126, 127, 65_535, 65_536, 70_000))),
    mask,
    lengthBytes: fc.constant(8),
  },
  { requiredKeys: ['opcode', 'payload'] },
);
const controlFrame = fc.record<Frame>(
  { opcode: fc.constantFrom(0x8, 0x9, PONG), payload: bytes(fc.nat(125)), mask },
  { requiredKeys: ['opcode', 'payload'] },
);
const frames = fc.array(fc.oneof(dataFrame, controlFrame), { maxLength: 8 });
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });

const dataBytesOf = (sent: readonly Frame[]) =>
  sent.filter(({ opcode }) => opcode < 8).reduce((sum, { payload }) => sum + payload.length, 0);

describe('FrameScanner', () => {
  test('finds the same frames however the bytes are cut into chunks', () => {
    fc.assert(
      fc.property(frames, cuts, (sent, fractions) => {
        const rendered = sent.map(renderFrame);
        const scanner = new FrameScanner();
        const starts: number[] = [];
        const ends: number[] = [];
        let [position, dataBytes] = [0, 0];
        for (const chunk of cutAt(Buffer.concat(rendered), fractions)) {
          dataBytes += scanner.scan(chunk, {
            onStart: (offset) => starts.push(position + offset),
            onEnd: (offset) => ends.push(position + offset),
          });
          position += chunk.length;
          expect(scanner.isBetweenFrames).toBe(starts.length === ends.length);
        }
        const expected = rendered.map((_, index) => Buffer.concat(rendered.slice(0, index + 1)).length);
        expect(ends).toEqual(expected);
        expect(starts).toEqual(sent.length === 0 ? [] : [0, ...expected.slice(0, -1)]);
        expect(dataBytes).toBe(dataBytesOf(sent));
      }),
    );
  });

  test('is between frames only after the last byte of a frame', () => {
    const scanner = new FrameScanner();
    const frame = renderFrame({ opcode: BINARY, payload: Buffer.alloc(3), lengthBytes: 8 });
    for (const byte of frame.subarray(0, -1)) {
      scanner.scan(Buffer.from([byte]));
      expect(scanner.isBetweenFrames).toBe(false);
    }
    scanner.scan(frame.subarray(-1));
    expect(scanner.isBetweenFrames).toBe(true);
  });

  test('reads a length of more than four bytes', () => {
    const scanner = new FrameScanner();
    const header = Buffer.from([0x82, 127, 0, 0, 0, 1, 0, 0, 0, 0]);
    expect(scanner.scan(header)).toBe(0);
    expect(scanner.scan(Buffer.alloc(65_536))).toBe(65_536);
    expect(scanner.isBetweenFrames).toBe(false);
  });

  test('inserts nothing after a frame whose length no program sends', () => {
    const scanner = new FrameScanner();
    scanner.scan(Buffer.from([0x82, 127, 255, 255, 255, 255, 255, 255, 255, 255]));
    scanner.scan(Buffer.from([0x81, 0]));
    expect(scanner.isBetweenFrames).toBe(false);
  });
});

describe('PongFilter', () => {
  test('removes the expected pong, and changes nothing else', () => {
    fc.assert(
      fc.property(frames, frames, mask, cuts, (before, after, key, fractions) => {
        const payload = Buffer.from('8 bytes!');
        const filter = new PongFilter();
        filter.expect(payload);
        const others = [...before, ...after].map(renderFrame);
        const sent = Buffer.concat([
          ...others.slice(0, before.length),
          renderFrame({ opcode: PONG, payload, mask: key }),
          ...others.slice(before.length),
        ]);
        const results = cutAt(sent, fractions).map((chunk) => filter.filter(chunk));
        const forwarded = Buffer.concat(results.flatMap((result) => result.forwarded));
        expect(forwarded.equals(Buffer.concat(others))).toBe(true);
        const dataBytes = results.reduce((sum, result) => sum + result.dataBytes, 0);
        expect(dataBytes).toBe(dataBytesOf([...before, ...after]));
      }),
    );
  });

  test('forwards a second pong with the same payload', () => {
    const filter = new PongFilter();
    filter.expect(Buffer.from('x'));
    const pong = renderFrame({ opcode: PONG, payload: Buffer.from('x'), mask: Buffer.from([1, 2, 3, 4]) });
    expect(filter.filter(pong).forwarded).toEqual([]);
    expect(filter.filter(pong).forwarded).toEqual([pong]);
  });

  test('does not hold back a pong that is too long', () => {
    const filter = new PongFilter();
    filter.expect(Buffer.from('x'));
    const pong = renderFrame({ opcode: PONG, payload: Buffer.alloc(100_000), mask: Buffer.alloc(4) });
    const forwarded = cutAt(pong, [0.1, 0.2]).flatMap((chunk) => filter.filter(chunk).forwarded);
    expect(Buffer.concat(forwarded).equals(pong)).toBe(true);
  });
});
