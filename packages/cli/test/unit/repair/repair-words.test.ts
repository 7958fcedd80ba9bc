import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'

import { repairWords, verifyWords } from '../../../src/repair/repair-words.js'

describe('commands to copy from a message', () => {
  it('are as people type them', () => {
    expect(repairWords('orders', './data')).toBe('tailrace repair orders --data ./data')
    expect(verifyWords('orders', '/var/lib/x')).toBe('tailrace verify orders --data /var/lib/x')
  })

  it.each(['my data', "it's", '$HOME', 'a;b', '"', '', 'größe', '~x', 'a\nb'])(
    'are taken by a shell as they are meant, for %j',
    (data) => {
      const words = repairWords('orders', data).replace('tailrace', `printf '%s\\0'`)
      const taken = execFileSync('sh', ['-c', words]).toString().split('\0')
      expect(taken).toEqual(['repair', 'orders', '--data', data, ''])
    },
  )
})
