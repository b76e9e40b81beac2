/** Truncates a text to at most `bytes` bytes of UTF-8, never inside a character. */
export function truncateUtf8(text: string, bytes: number): string {
  const encoded = new TextEncoder().encode(text);
  if (encoded.length <= bytes) return text;
  // With `stream` an incomplete character at the end is dropped instead of decoded as a replacement character.
  return new TextDecoder().decode(encoded.subarray(0, bytes), { stream: true });
}
