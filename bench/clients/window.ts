/** How much may be in flight: counts what was sent and what was acknowledged. */

/**
 * For libraries that leave it to their users to bound what is not acknowledged.
 *
 * Opens again when half of it is acknowledged, so that sending goes on in runs.
 */
export class Window {
  readonly #countMax: number
  #sent = 0
  #acknowledged = 0
  #error: Error | undefined
  #wake: (() => void) | undefined

  constructor(countMax: number) {
    this.#countMax = countMax
  }

  get acknowledged(): number {
    return this.#acknowledged
  }

  /** One more in flight; false when that is as many as may be. */
  add(): boolean {
    this.#sent += 1
    return this.#sent - this.#acknowledged < this.#countMax
  }

  /** So many more are acknowledged. */
  acknowledge(count: number): void {
    this.#acknowledged += count
    this.#wake?.()
  }

  /** The server refused one: whoever waits is told. */
  fail(error: Error): void {
    this.#error ??= error
    this.#wake?.()
  }

  /** Resolves when half of the window is free. */
  async hasRoom(): Promise<void> {
    await this.#until(this.#countMax / 2)
  }

  /** Resolves when everything is acknowledged. */
  async isEmpty(): Promise<void> {
    await this.#until(0)
  }

  #until(inFlightMax: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#wake = () => {
        if (this.#error !== undefined) reject(this.#error)
        else if (this.#sent - this.#acknowledged <= inFlightMax) resolve()
      }
      this.#wake()
    })
  }
}
