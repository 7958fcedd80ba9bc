// Writes streams in turn and reads them, with fewer descriptors than streams, and says what went wrong.
//
// A process of its own, because it is started with a limit. The data directory and the number of streams are
// the arguments.

import process from 'node:process'
import { openStore } from '@tailrace/core'

const [directory, count] = process.argv.slice(2)
const names = Array.from({ length: Number(count) }, (_, at) => `stream-${String(at)}`)
const config = { segmentBytesMax: '64KiB' }
const errors = []
const noted = async (name, action) => {
  try {
    await action()
  } catch (error) {
    errors.push(`${name}: ${String(error.code)} ${error.message}`)
  }
}

{
  const store = await openStore(directory, {
    onBackgroundError: (name, error) =>
      noted(name, () => {
        throw error
      }),
  })
  for (const value of ['one', 'two', new Uint8Array(40_000), new Uint8Array(40_000)])
    for (const name of names)
      await noted(name, async () => (await store.ensure(name, config)).append({ value }))
  await noted('close', () => store.close())
}

const store = await openStore(directory)
for (const name of names) {
  await noted(name, async () => {
    const log = await store.open(name)
    await log.append({ value: 'last' })
    const lengths = []
    for await (const { value } of log.read({ from: 'first' })) lengths.push(value.length)
    if (lengths.join() !== '3,3,40000,40000,4') throw new Error(`reads ${lengths.join()}`)
  })
}
await noted('close', () => store.close())
process.stdout.write(JSON.stringify(errors))
