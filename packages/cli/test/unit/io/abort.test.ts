/** Waiting that can be cut short. */

import { describe, expect, it } from 'vitest'

import { unlessAborted } from '../../../src/io/abort.js'

describe('waiting unless aborted', () => {
  it('gives the value, or the failure, of the promise', async () => {
    const { signal } = new AbortController()
    expect(await unlessAborted(Promise.resolve(7), signal)).toBe(7)
    await expect(unlessAborted(Promise.reject(new Error('no')), signal)).rejects.toThrow('no')
  })

  it('gives nothing once the signal aborts, and does not mind what comes later', async () => {
    const abort = new AbortController()
    const { promise, reject } = deferred()
    const waiting = unlessAborted(promise, abort.signal)
    abort.abort()
    expect(await waiting).toBeUndefined()
    reject(new Error('late'))
    await expect(promise).rejects.toThrow('late')
  })

  it('gives nothing at once when the signal has aborted, whatever the promise does', async () => {
    const failing: Promise<number> = Promise.reject(new Error('late'))
    expect(await unlessAborted(failing, AbortSignal.abort())).toBeUndefined()
  })
})

function deferred() {
  let reject: (error: Error) => void = () => undefined
  const promise = new Promise<number>((_, fail) => {
    reject = fail
  })
  return { promise, reject }
}
