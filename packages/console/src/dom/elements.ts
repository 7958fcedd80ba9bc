/**
 * Makes elements.
 *
 * Text goes in as text nodes and nothing else: there is no way through here from a string to markup.
 */

/** What an element can be given: attributes by name; `on` for listeners. */
export interface ElementOptions {
  readonly class?: string
  /** Attributes as they stand in markup; undefined and false leave one out, true sets it empty. */
  readonly attributes?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly on?: Readonly<Record<string, (event: Event) => void>>
}

type Child = Node | string

/** Makes an element with its children; a string becomes a text node. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  options: ElementOptions = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name)
  if (options.class !== undefined) made.className = options.class
  for (const [attribute, value] of Object.entries(options.attributes ?? {})) {
    if (value === undefined || value === false) continue
    made.setAttribute(attribute, value === true ? '' : String(value))
  }
  for (const [type, listener] of Object.entries(options.on ?? {})) {
    made.addEventListener(type, listener)
  }
  made.append(...children)
  return made
}

/** Makes a button that does something. */
export function button(
  options: ElementOptions & { readonly onClick: () => void },
  ...children: readonly Child[]
): HTMLButtonElement {
  const made = element(
    'button',
    { ...options, attributes: { type: 'button', ...options.attributes } },
    ...children,
  )
  made.addEventListener('click', options.onClick)
  return made
}

/** Sets an element's text, if it has another: writing the same again would still cost a layout. */
export function setText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text
}

/** Sets an attribute, or takes it away for undefined; does nothing when it is so already. */
export function setAttribute(target: Element, name: string, value: string | undefined): void {
  if (value === undefined) {
    if (target.hasAttribute(name)) target.removeAttribute(name)
  } else if (target.getAttribute(name) !== value) {
    target.setAttribute(name, value)
  }
}
