/**
 * Opens an address that is not known yet in a new tab. Browsers allow a new tab only during a click, so that the tab comes first and
 * the address follows.
 * @param requestUrl returns the address, which may contain a ticket
 */
export async function openInTab(requestUrl: () => Promise<string>): Promise<void> {
  const tab = window.open('about:blank', '_blank');
  try {
    const url = await requestUrl();
    if (!/^https?:$/.test(new URL(url).protocol)) throw new Error(`unexpected address: ${url}`);
    if (tab === null) {
      // The browser has blocked the tab.
      location.assign(url);
      return;
    }
    // Pages of the workbench must not navigate this page.
    tab.opener = null;
    // The ticket does not stay in the history.
    tab.location.replace(url);
  } catch (error) {
    tab?.close();
    throw error;
  }
}
