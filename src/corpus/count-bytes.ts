/** Adds up the bytes that pass. */
export async function* countBytes(
  chunks: AsyncIterable<Buffer>,
  consumed: { bytes: number },
): AsyncGenerator<Buffer, void> {
  for await (const chunk of chunks) {
    consumed.bytes += chunk.length;
    yield chunk;
  }
}
