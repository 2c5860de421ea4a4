/** Whether two addresses are those of one repository: GitHub tells of it without `.git`, and who enables a trigger may write it either way. */
export const isSameRepository = (one: string, other: string): boolean => {
  const plain = plainAddress(one);
  return plain !== null && plain === plainAddress(other);
};

/** The same for all addresses of one repository; a folder, or a name, stays as it is. */
export const addressKey = (repository: string): string => plainAddress(repository) ?? repository;

/** Null: it is no address. */
const plainAddress = (address: string): string | null => {
  const url = URL.parse(address);
  if (url === null) return null;
  return `${url.protocol}//${url.host}${url.pathname}`
    .toLowerCase()
    .replace(/\/+$/, '')
    .replace(/\.git$/, '');
};
