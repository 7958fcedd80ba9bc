import { expect, test } from 'vitest'

import { connect } from '../../src/index.js'
import { serveFake } from '../support/serve-fake.js'

test('publishes and subscribes over a real socket', async () => {
  await using fake = await serveFake()
  await using client = await connect(fake.url)
  const orders = client.stream<{ id: number }>('orders')
  expect(await orders.publish({ id: 1 })).toBe(0)
  const offsets = await Promise.all([2, 3, 4].map((id) => orders.publish({ id })))
  expect(offsets).toEqual([1, 2, 3])
  const seen: unknown[] = []
  for await (const record of orders.subscribe({ from: 'first', to: 'end' })) {
    seen.push([record.offset, record.value.id])
  }
  expect(seen).toEqual([
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 4],
  ])
})
