/** Walks a list that answers in pages, one call after another, until a page has no cursor. */
export async function* pagesOf<P extends { readonly cursor?: string }>(
  list: (cursor?: string) => Promise<P>,
): AsyncGenerator<P, void> {
  let cursor: string | undefined;
  do {
    const page = await list(cursor);
    yield page;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
