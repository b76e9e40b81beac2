/**
 * The script that shows a notice in the page of a workbench before it stops, and after it has stopped. It runs among the scripts of an
 * unknown program. It therefore defines nothing, keeps its elements in a shadow root, and sets styles and texts by properties, which
 * every Content-Security-Policy allows. It asks once a minute while its tab is visible.
 */
export const NOTICE_SCRIPT = `(() => {
  const script = document.currentScript;
  if (!script || window.top !== window) return;
  const url = (path) => new URL(path, script.src).href;
  const INTERVAL_MS = 60000;
  let host, status, links, timer, shown = '', dismissed = '';

  const add = (parent, tag, style, text = '', attributes = {}) => {
    const element = document.createElement(tag);
    element.style.cssText = style;
    element.textContent = text;
    for (const name in attributes) element.setAttribute(name, attributes[name]);
    return parent.appendChild(element);
  };
  const BUTTON = 'font:inherit;color:#fff;background:none;border:1px solid #fff;border-radius:4px;padding:4px 12px;cursor:pointer;text-decoration:none;';

  const open = () => {
    host = add(document.documentElement, 'div', 'all:initial;position:fixed;z-index:2147483647;left:50%;bottom:40px;transform:translateX(-50%);');
    const box = add(host.attachShadow({ mode: 'open' }), 'div',
      'box-sizing:border-box;width:max-content;max-width:min(44rem,calc(100vw - 32px));padding:12px 16px;font:15px/1.5 system-ui,sans-serif;color:#fff;background:#1b1f24;border:2px solid #f2b84b;border-radius:6px;box-shadow:0 4px 16px rgba(0,0,0,.4);');
    status = add(box, 'p', 'margin:0 0 8px;', '', { role: 'status' });
    links = add(box, 'div', 'display:flex;flex-wrap:wrap;gap:8px;');
  };
  const close = () => {
    host?.remove();
    host = undefined;
    shown = '';
  };
  const link = (text, href) =>
    add(links, 'a', BUTTON, text, { href, target: '_blank', rel: 'noopener noreferrer' });
  const button = (text, click) =>
    add(links, 'button', BUTTON, text, { type: 'button' }).addEventListener('click', click);

  const show = ({ kind, seconds, before, after, extend_url: extend }) => {
    if (!kind) dismissed = '';
    if (!kind || kind === dismissed) return close();
    if (shown !== kind) {
      close();
      open();
      shown = kind;
      if (extend) link('Extend it', extend);
      if (kind === 'not_running') button('Reload', () => location.reload());
      else link('Why?', url('idle-stop'));
      button('Dismiss', () => {
        dismissed = kind;
        close();
      });
      // Screen readers announce what changes in a status, not a new status.
      setTimeout(() => {
        if (shown !== kind) return;
        status.append(before);
        add(status, 'span', '', '', { role: 'timer' });
        status.append(after);
        setTime(seconds);
      }, 100);
    } else setTime(seconds);
  };
  const setTime = (seconds) => {
    const time = status.querySelector('span');
    if (!time || seconds === undefined) return;
    const minutes = Math.max(1, Math.ceil(seconds / 60));
    time.textContent = minutes === 1 ? '1 minute' : minutes + ' minutes';
  };

  const look = async () => {
    clearTimeout(timer);
    if (document.hidden) return;
    try {
      const response = await fetch(url('stop-notice'), { cache: 'no-store', redirect: 'error', headers: { accept: 'application/json' } });
      if (response.ok) show(await response.json());
    } catch {}
    clearTimeout(timer);
    timer = setTimeout(look, INTERVAL_MS);
  };
  document.addEventListener('visibilitychange', look);
  look();
})();
`;
