/** A page of what a forge lists, oldest first. What comes after the last page that is read is passed over. */
export const page = { per_page: 100 } as const;
const mostPages = 5;

export const pages = async <Item>(
  ask: (at: number) => Promise<{ readonly data: readonly Item[] }>,
): Promise<readonly Item[]> => {
  const all: Item[] = [];
  for (let at = 1; at <= mostPages; at += 1) {
    const { data } = await ask(at);
    all.push(...data);
    if (data.length < page.per_page) break;
  }
  return all;
};
