/** Cuts a text down to at most `bytes` bytes of UTF-8, never inside a character. */
export function truncateUtf8(text: string, bytes: number): string {
  const encoded = new TextEncoder().encode(text);
  if (encoded.length <= bytes) return text;
  // A cut inside a character leaves replacement characters at the end, which `stream` holds back instead.
  return new TextDecoder().decode(encoded.subarray(0, bytes), { stream: true });
}
