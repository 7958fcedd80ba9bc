/** What a result says of the machine: the numbers of this one, and that others' work is not ours. */
import { totalmem } from 'node:os'
import { expect, it } from 'vitest'
import { describeEnvironment, readEnvironment } from '../harness/environment.js'
import { OtherLoadMeter } from '../harness/other-load.js'

it('has the memory in use, the disk with the time of a sync, the flags and the versions', async () => {
  const environment = await readEnvironment({
    flags: ['publish', '--rounds', '3'],
    pinned: true,
    isMemoryWarmed: true,
    hasPeers: true,
    syncs: 5,
  })
  const { memoryUsedGiB, disk, libraries } = environment
  expect(memoryUsedGiB).toBeGreaterThan(0)
  expect(memoryUsedGiB).toBeLessThan(totalmem() / 2 ** 30)
  expect(disk.syncMs).toBeGreaterThan(0)
  expect(disk.syncP99Ms).toBeGreaterThanOrEqual(disk.syncMs)
  expect(['virtual', 'rotating', 'solid state', 'memory', 'unknown']).toContain(disk.kind)
  expect(libraries['ioredis']).toMatch(/^\d+\.\d+\.\d+$/)
  expect(describeEnvironment({ ...environment, isMemoryWarmed: false })).toContain('nothing warmed')
  const text = describeEnvironment({ ...environment, peers: { nats: '2.9.10' }, load: 0 })
  expect(text).toContain('the rest warmed')
  expect(text).toContain(`one fdatasync ${disk.syncMs.toFixed(2)} ms`)
  expect(text).toContain('other systems: nats 2.9.10')
  expect(text).toContain('called with: publish --rounds 3')
  const congestionControl = { machine: 'bbr', run: 'cubic' }
  const unpaced = describeEnvironment({ ...environment, congestionControl })
  expect(unpaced).toContain('loopback, cubic (the machine has bbr)')
  expect(unpaced).not.toContain('paces')
  const paced = { machine: 'bbr', run: 'bbr' }
  expect(describeEnvironment({ ...environment, congestionControl: paced })).toContain(
    '! bbr paces connections',
  )
  expect(text).not.toContain('busy')
  expect(describeEnvironment({ ...environment, load: 99 })).toContain('! the machine was busy')
})

it('tells the work of others from our own', () => {
  const snapshots = [
    { wallSeconds: 10, busySeconds: 100, ownSeconds: 1, stolenSeconds: 5 },
    { wallSeconds: 20, busySeconds: 115, ownSeconds: 11, stolenSeconds: 6 },
  ]
  const meter = new OtherLoadMeter(() => snapshots.shift())
  expect(meter.read()).toEqual({ others: 0.5, stolen: 0.1 })
})

it('says nothing of the work of others where the kernel does not', () => {
  expect(new OtherLoadMeter(() => undefined).read()).toBeUndefined()
})

it.runIf(process.platform === 'linux')('sees this machine', () => {
  const { others = NaN, stolen = NaN } = new OtherLoadMeter().read() ?? {}
  expect(others).toBeGreaterThanOrEqual(0)
  expect(stolen).toBeGreaterThanOrEqual(0)
})
