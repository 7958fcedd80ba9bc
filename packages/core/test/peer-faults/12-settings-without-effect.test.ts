/**
 * A setting that is accepted and does nothing.
 */

import { describe, expect, it } from 'vitest'
import { errorOf } from '../support/errors.js'
import { temporaryDirectory } from '../support/temporary.js'
import { openTestStore, SMALL } from '../support/test-store.js'

describe('a setting', () => {
  it('that is not known is refused, not accepted without effect', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestStore(directory.path)
    const { store } = opened
    const unknown = { ...SMALL, deduplicate: true }
    const error = await errorOf('INVALID_CONFIG', store.ensure('s', unknown))
    expect(error.message).toContain('deduplicate')
    const misspelt = { retention: { maxage: '7d' } as object }
    expect((await errorOf('INVALID_CONFIG', store.ensure('s', misspelt))).message).toContain(
      'retention.maxage',
    )
    expect(store.has('s')).toBe(false)
  })
})
