/** A segment that is only a place: it has no file, and fails when one is asked for. */

import { ActiveMappings } from '../../src/segments/active-mappings.js'
import { MappingCache } from '../../src/segments/mapping-cache.js'
import { Segment } from '../../src/segments/segment.js'

export function fakeSegment(baseOffset: number, sizeBytes = 10): Segment {
  const open = (): never => {
    throw new Error('a fake segment has no file')
  }
  return Segment.sealed({
    baseOffset,
    sizeBytes,
    fileName: `${String(baseOffset)}.log`,
    cache: new MappingCache(1),
    activeMappings: new ActiveMappings(1),
    loader: { openSealed: open, openActive: open },
  })
}
