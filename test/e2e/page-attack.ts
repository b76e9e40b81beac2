import type { Page } from 'playwright-core';

/** Returns what the page of a workbench reaches of another workbench, with the cookies of its browser. */
export async function attack(page: Page, url: string) {
  return await page.evaluate(async (target) => {
    const outcome = async (action: Promise<unknown>) => String(await action.catch(() => 'refused'));
    const opened = new Promise((resolve, reject) => {
      const socket = new WebSocket(target.replace('http', 'ws'));
      socket.onopen = () => resolve('opened');
      socket.onerror = reject;
    });
    return {
      read: await outcome(fetch(`${target}secret`, { credentials: 'include' }).then((r) => r.text())),
      post: await outcome(
        fetch(target, { method: 'POST', mode: 'no-cors', credentials: 'include' }).then(() => 'sent'),
      ),
      socket: await outcome(opened),
    };
  }, url);
}
