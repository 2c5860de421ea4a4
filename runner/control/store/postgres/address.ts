/** A database's URL as it may be shown and logged: who, where, which; no password, and no parameter that could hold one. */
export const shownAddress = (url: string): string => {
  const parsed = URL.parse(url);
  if (parsed === null) return 'postgres';
  const { username, host, pathname } = parsed;
  return `postgres://${username === '' ? '' : `${username}@`}${host}${pathname}`;
};
