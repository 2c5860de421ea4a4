/** A page of what GitHub lists, oldest first. What comes after the last page that is read is passed over. */
export const page = { per_page: 100 } as const;
const mostPages = 5;

/** Characters of one text that others wrote. */
const longest = 10_000;

export const textOf = (body: string): string => {
  const text = body.trim();
  return text.length <= longest ? text : `${text.slice(0, longest)}…`;
};

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
