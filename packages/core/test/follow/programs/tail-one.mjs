// Prints the next record of a stream and ends by itself: nothing but the wait keeps the process alive.

import { openStoreReadOnly } from '@tailrace/core'

const [directory, stream] = process.argv.slice(2)
const store = await openStoreReadOnly(directory)
const log = await store.open(stream)
console.log('waiting')
for await (const { value } of log.read({ from: 'next', follow: true })) {
  console.log(new TextDecoder().decode(value))
  break
}
