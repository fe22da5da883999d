/** Elements, made and changed. Text is always text: nothing here can become markup. */

type Child = Node | string | null | undefined;
type Attributes = Readonly<Record<string, string | number | boolean | undefined | ((event: Event) => void)>>;

/**
 * @param attributes a function listens to the event of that name; true is an attribute without a value, false and undefined none
 * @example
 * element("a", { href: "#/disk", class: "tab" }, "Disk");
 */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  return filled(document.createElement(name), attributes, children);
}

export function drawing<K extends keyof SVGElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[K] {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function filled<E extends Element>(made: E, attributes: Attributes, children: readonly Child[]): E {
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else setAttribute(made, key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** Touches the page only where something changed. */
export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

export function setAttribute(node: Element, name: string, value: string | number | boolean | undefined): void {
  if (value === undefined || value === false) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
    return;
  }
  const text = value === true ? "" : String(value);
  if (node.getAttribute(name) !== text) node.setAttribute(name, text);
}

/** Makes the children of `parent` these, in this order, and moves only what isn't in its place. */
export function arrange(parent: Element, wanted: readonly Element[]): void {
  const keep = new Set(wanted);
  for (const child of [...parent.children]) if (!keep.has(child)) child.remove();
  let at = parent.firstElementChild;
  for (const child of wanted) {
    if (child === at) at = at.nextElementSibling;
    else parent.insertBefore(child, at);
  }
}

/**
 * Makes `old` like `wanted` with as few changes as it takes: what is the same keeps its focus and what is selected in it.
 * Listeners of `wanted` are taken over only where it takes the place of `old`.
 */
export function morph(old: Element, wanted: Element): void {
  if (old.isEqualNode(wanted)) return;
  const [have, want] = [[...old.childNodes], [...wanted.childNodes]];
  if (old.tagName !== wanted.tagName || have.length !== want.length) {
    old.replaceWith(wanted);
    return;
  }
  for (const name of old.getAttributeNames()) if (!wanted.hasAttribute(name)) old.removeAttribute(name);
  for (const name of wanted.getAttributeNames()) setAttribute(old, name, wanted.getAttribute(name) ?? undefined);
  for (const [index, child] of have.entries()) {
    const other = want[index];
    if (other === undefined || child.isEqualNode(other)) continue;
    if (child instanceof Element && other instanceof Element) morph(child, other);
    else child.replaceWith(other);
  }
}

/** One button of several is chosen. */
export function choice<T extends string>(
  label: string,
  options: readonly (readonly [value: T, text: string])[],
  chosen: T | undefined,
  choose: (value: T) => void,
): { readonly node: HTMLElement; show(value: T | undefined): void } {
  const buttons = options.map(([value, text]) =>
    element("button", { type: "button", "aria-pressed": String(value === chosen), "data-value": value, click: () => choose(value) }, text),
  );
  const show = (value: T | undefined) => {
    for (const button of buttons) setAttribute(button, "aria-pressed", String(button.dataset.value === value));
  };
  return { node: element("div", { class: "choice", role: "group", "aria-label": label }, ...buttons), show };
}
