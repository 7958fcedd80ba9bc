/**
 * What the command says beside its output, line by line on stderr.
 *
 * Every line begins with the name of the command, so that it can be told from other programs' in a
 * pipeline. Where a progress bar is drawn, a line takes its place and the bar comes back below.
 */

/** Where the lines go; `process.stderr` in earnest. */
export interface NoticeTarget {
  write(text: string): unknown
}

/** What is drawn on the terminal's present line, and can make room for a line of text. */
export interface Drawing {
  hide(): void
  show(): void
}

/** Writes notes and errors. */
export class Notices {
  /** What lines have to go around, if anything. */
  drawing: Drawing | undefined
  readonly #target: NoticeTarget
  #isQuiet = false

  constructor(target: NoticeTarget) {
    this.#target = target
  }

  /** `--quiet`: from now on only errors are written. */
  silence(): void {
    this.#isQuiet = true
  }

  /** Whether `--quiet` was given. */
  get isQuiet(): boolean {
    return this.#isQuiet
  }

  /** Something worth knowing; nothing with `--quiet`. */
  say(text: string): void {
    if (!this.#isQuiet) this.#write(text)
  }

  /** What went wrong; also with `--quiet`. */
  fail(text: string): void {
    this.#write(text)
  }

  #write(text: string): void {
    this.drawing?.hide()
    this.#target.write(`tailrace: ${text}\n`)
    this.drawing?.show()
  }
}
