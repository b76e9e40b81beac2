import type { Page } from 'playwright-core';

/** Opens a WebSocket in a page, which shows when it is open. Returns the time of its end. */
export async function closeOfWebSocket(page: Page, origin: string): Promise<number> {
  await page.evaluate(`new Promise((closed) => {
    const socket = new WebSocket('${origin.replace('http', 'ws')}/');
    socket.onopen = () => { document.body.textContent = 'opened'; };
    socket.onclose = closed;
  }).then(() => {})`);
  return performance.now();
}
