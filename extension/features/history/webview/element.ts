type Attributes = Readonly<Record<string, string>>;

const fill = (element: Element, attributes: Attributes, children: readonly (Node | string)[]): void => {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
};

/** An HTML element. Strings become text and never markup. */
export const element = <Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] => {
  const made = document.createElement(tag);
  fill(made, attributes, children);
  return made;
};

const svgNamespace = 'http://www.w3.org/2000/svg';

export const svg = <Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): SVGElementTagNameMap[Tag] => {
  const made = document.createElementNS(svgNamespace, tag);
  fill(made, attributes, children);
  return made;
};
