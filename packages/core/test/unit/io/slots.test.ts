import { describe, expect, it } from 'vitest'
import { Slots, syncsInFlightMax } from '../../../src/io/slots.js'
import { Gate } from '../../support/observed-storage.js'

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

describe('Slots', () => {
  it('lets so many through at once, and the others in order of arrival', async () => {
    const slots = new Slots(2)
    const gates = [new Gate(), new Gate(), new Gate(), new Gate()]
    const begun: number[] = []
    const runs = gates.map((gate, at) =>
      slots.run(async () => {
        begun.push(at)
        await gate.pass()
      }),
    )
    await turn()
    expect(begun).toEqual([0, 1])
    gates[1]?.open()
    await turn()
    expect([begun, slots.used]).toEqual([[0, 1, 2], 2])
    gates[0]?.open()
    gates[2]?.open()
    gates[3]?.open()
    await Promise.all(runs)
    expect([begun, slots.used]).toEqual([[0, 1, 2, 3], 0])
  })

  it('gives a slot back when the work fails', async () => {
    const slots = new Slots(1)
    const failing = slots.run(() => Promise.reject(new Error('failed')))
    const next = slots.run(() => Promise.resolve('done'))
    await expect(failing).rejects.toThrow('failed')
    expect([await next, slots.used]).toEqual(['done', 0])
  })

  it('has none to spare while somebody waits', async () => {
    const slots = new Slots(1)
    expect(slots.tryTake()).toBe(true)
    const waiting = slots.take()
    slots.giveBack()
    expect(slots.tryTake()).toBe(false)
    await waiting
    slots.giveBack()
    expect(slots.tryTake()).toBe(true)
  })
})

describe('syncsInFlightMax', () => {
  it.each([
    [undefined, 8],
    ['', 8],
    ['nonsense', 8],
    ['0', 8],
    ['1', 2],
    ['16', 32],
  ])('with UV_THREADPOOL_SIZE %j is %i', (size, expected) => {
    const environment = size === undefined ? {} : { UV_THREADPOOL_SIZE: size }
    expect(syncsInFlightMax(environment)).toBe(expected)
  })
})
