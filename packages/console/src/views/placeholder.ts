/**
 * What stands where there is nothing to show: why, and what can be done about it.
 */

import { button, element } from '../dom/elements.js'

/** A thing the reader can do. */
export interface Action {
  readonly label: string
  readonly act: () => void
  readonly isPrimary?: boolean
}

/** What is said. */
export interface PlaceholderContent {
  readonly title: string
  readonly text?: string
  /** A command line to copy. */
  readonly command?: string
  readonly actions?: readonly Action[]
  /** Whether something went wrong, so that a screen reader says it at once. */
  readonly isError?: boolean
}

/** Makes a placeholder. */
export function placeholder(content: PlaceholderContent): HTMLElement {
  const made = element(
    'div',
    { class: 'placeholder', attributes: { role: content.isError === true ? 'alert' : 'status' } },
    element('h2', {}, content.title),
  )
  if (content.text !== undefined) made.append(element('p', {}, content.text))
  if (content.command !== undefined) {
    made.append(element('pre', {}, element('code', {}, content.command)))
  }
  const actions = content.actions ?? []
  if (actions.length > 0) {
    made.append(element('div', { class: 'actions' }, ...actions.map(actionButton)))
  }
  return made
}

/** Makes the button for an action. */
export function actionButton({ label, act, isPrimary }: Action): HTMLButtonElement {
  const looks = isPrimary === true ? 'button primary' : 'button'
  return button({ class: looks, onClick: act }, label)
}
