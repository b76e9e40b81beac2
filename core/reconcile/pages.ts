/** Walks a list, page by page, from `cursor` on (its beginning when absent) until a page has no cursor. */
export async function* pagesOf<P extends { readonly cursor?: string }>(
  list: (cursor?: string) => Promise<P>,
  cursor?: string,
): AsyncGenerator<P, void> {
  let at = cursor;
  do {
    const page = await list(at);
    yield page;
    at = page.cursor;
  } while (at !== undefined);
}
