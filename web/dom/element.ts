/** The element of the page that this selector names. Throws an Error if the page lacks it. */
export function find<T extends HTMLElement = HTMLElement>(selector: string): T {
  const element = document.querySelector<T>(selector);
  if (element === null) throw new Error(`the page lacks ${selector}`);
  return element;
}

/** Makes `text` the only content of an element; one that changes often keeps its text node, so that none is left over. */
export function setText(element: HTMLElement, text: string): void {
  const [node] = element.childNodes;
  if (!(node instanceof Text) || element.childNodes.length > 1) {
    if (element.textContent !== text) element.textContent = text;
  } else if (node.data !== text) {
    node.data = text;
  }
}
