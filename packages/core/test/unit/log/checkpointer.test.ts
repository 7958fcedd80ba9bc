/** What a checkpointer writes when what it is given comes out of order. */

import { segmentFileName } from '@tailrace/format'
import { describe, expect, it } from 'vitest'
import { Checkpointer } from '../../../src/log/checkpointer.js'
import { readProducerSnapshot } from '../../../src/producers/producer-snapshot.js'
import { ProducerTable } from '../../../src/producers/producer-table.js'
import { ActiveMappings } from '../../../src/segments/active-mappings.js'
import { MappingCache } from '../../../src/segments/mapping-cache.js'
import { Segment } from '../../../src/segments/segment.js'
import { ObservedStorage } from '../../support/observed-storage.js'
import { temporaryDirectory } from '../../support/temporary.js'

/** Not to be opened here. */
function neverOpened(): never {
  throw new Error('no segment is opened for what is known of producers')
}

/** A checkpointer of a stream of which nothing is stored yet. */
async function checkpointerOf(storage: ObservedStorage): Promise<Checkpointer> {
  await storage.createDirectory('s')
  const segment = Segment.sealed({
    baseOffset: 0,
    fileName: segmentFileName(0),
    sizeBytes: 0,
    loader: { openSealed: neverOpened, openActive: neverOpened },
    cache: new MappingCache(0),
    activeMappings: new ActiveMappings(1),
  })
  return new Checkpointer({
    storage,
    directory: 's',
    streamId: '0'.repeat(32),
    producers: new ProducerTable(),
    checkpointBytes: 1,
    from: { segment, position: 0 },
  })
}

describe('what is known of producers', () => {
  it('is not replaced by what was known before, also when a checkpoint brings it', async () => {
    using directory = temporaryDirectory()
    const storage = new ObservedStorage(directory.path)
    const checkpointer = await checkpointerOf(storage)
    const stored = (): unknown => readProducerSnapshot(storage, 's')
    const newer = { offset: 5, producers: [[1, 1, 4, [0, 0, 5]]] } as const
    const older = { offset: 4, producers: [[1, 1, 3, [0, 0, 4]]] } as const
    await checkpointer.writeProducers(newer)
    await checkpointer.writeProducers(older)
    expect(stored()).toEqual(newer)
    await checkpointer.write({
      segment: { baseOffset: 0, index: new Uint8Array(0) },
      producers: older,
    })
    expect(stored()).toEqual(newer)
    // As of the same end: a producer was opened, which no record says.
    const opened = { offset: 5, producers: [[1, 2, 4, [0, 0, 5]]] } as const
    await checkpointer.writeProducers(opened)
    expect(stored()).toEqual(opened)
  })
})
