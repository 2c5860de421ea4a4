/** `git@github.com:acme/shop.git` and the like as `https://github.com/acme/shop`, without anybody's name or password; null: it is no address of the web. */
export const webAddress = (remote: string): string | null => {
  const short = /^(?:[^@/:]+@)?([^/:]+\.[^/:]+):(?!\/)(.+)$/.exec(remote);
  const url = URL.parse(short === null ? remote : `ssh://${short[1] ?? ''}/${short[2] ?? ''}`);
  if (url === null || url.host === '' || !/^(https?|ssh|git):$/.test(url.protocol)) return null;
  // Another protocol's port says nothing of the web's.
  const origin = url.protocol.startsWith('http') ? `${url.protocol}//${url.host}` : `https://${url.hostname}`;
  const path = url.pathname.replace(/\/+$/, '').replace(/\.git$/, '');
  return path === '' ? null : `${origin}${path}`;
};
