/**
 * Where to read from: the usual places as buttons, any other as an offset or a time.
 */

import { button, element, setAttribute } from '../dom/elements.js'
import {
  formatStartPosition,
  parseStartPosition,
  type StartPosition,
} from '../route/start-position.js'

/** What the controls need. */
export interface StartControlsOptions {
  /** Wall clock in milliseconds. */
  readonly nowMs: () => number
  readonly onStart: (from: StartPosition) => void
}

const PRESETS: readonly {
  readonly label: string
  readonly title: string
  readonly from: StartPosition
}[] = [
  { label: 'First', title: 'From the first record there is', from: { kind: 'first' } },
  { label: 'Last 100', title: 'The last hundred records', from: { kind: 'last', count: 100 } },
  { label: 'Next', title: 'Only what comes from now on', from: { kind: 'next' } },
]

const PROBLEM_ID = 'start-problem'

/** The group of buttons and the field behind it. */
export class StartControls {
  readonly elements: readonly HTMLElement[]
  readonly #options: StartControlsOptions
  readonly #presets: readonly { readonly text: string; readonly element: HTMLButtonElement }[]
  readonly #input: HTMLInputElement
  readonly #problem = element(
    'div',
    { class: 'start-problem', attributes: { id: PROBLEM_ID, role: 'alert' } },
    'An offset such as 1200, or a time such as 15m ago, 10:42 or 2026-11-20 10:42Z.',
  )

  constructor(options: StartControlsOptions) {
    this.#options = options
    this.#presets = PRESETS.map(({ label, title, from }) => ({
      text: formatStartPosition(from),
      element: button(
        { class: 'button', attributes: { title }, onClick: () => options.onStart(from) },
        label,
      ),
    }))
    this.#input = element('input', {
      class: 'field',
      attributes: {
        name: 'start',
        placeholder: 'Offset or time',
        title: '1200 · 15m ago · 10:42 · 2026-11-20 10:42Z',
        'aria-label': 'Start at an offset or a time',
        autocomplete: 'off',
        spellcheck: 'false',
        enterkeyhint: 'go',
      },
      on: { input: () => this.#setProblem(false) },
    })
    this.#problem.hidden = true
    this.elements = [this.#createGroup(), this.#createForm()]
  }

  /** Shows where reading began. */
  show(from: StartPosition | undefined): void {
    const text = from === undefined ? '' : formatStartPosition(from)
    for (const preset of this.#presets) {
      setAttribute(preset.element, 'aria-pressed', String(preset.text === text))
    }
    const isOther = from?.kind === 'offset' || from?.kind === 'time'
    if (document.activeElement !== this.#input) this.#input.value = isOther ? text : ''
    this.#setProblem(false)
  }

  #submit(): void {
    const text = this.#input.value
    if (text.trim() === '') return
    const from = parseStartPosition(text, this.#options.nowMs())
    this.#setProblem(from === undefined)
    if (from === undefined) return
    this.#input.blur()
    this.#options.onStart(from)
  }

  #setProblem(isProblem: boolean): void {
    this.#problem.hidden = !isProblem
    setAttribute(this.#input, 'aria-invalid', isProblem ? 'true' : undefined)
    setAttribute(this.#input, 'aria-describedby', isProblem ? PROBLEM_ID : undefined)
  }

  #createGroup(): HTMLElement {
    return element(
      'div',
      { class: 'segmented', attributes: { role: 'group', 'aria-label': 'Read from' } },
      ...this.#presets.map((preset) => preset.element),
    )
  }

  #createForm(): HTMLElement {
    return element(
      'form',
      {
        class: 'start-form',
        attributes: { novalidate: true },
        on: {
          submit: (event) => {
            event.preventDefault()
            this.#submit()
          },
        },
      },
      this.#input,
      element('button', { class: 'button', attributes: { type: 'submit' } }, 'Go'),
      this.#problem,
    )
  }
}
