import { Random, SimulatedStorage } from '@tailrace/testing'
import { describeStorageContract } from './storage.contract.js'

const CRASHES = 20

describeStorageContract('on the simulated disk', () => {
  const storage = SimulatedStorage.empty()
  return {
    storage,
    fillAt() {
      storage.capacityBytes = storage.usedBytes
      return () => {
        storage.capacityBytes = Infinity
      }
    },
    survivors: () =>
      Array.from({ length: CRASHES }, (_, seed) => storage.crash(new Random(seed + 1))),
    [Symbol.dispose]: () => undefined,
  }
})
