import { describe, expect, it } from 'vitest'

import { describeLag, describeTail, type TailFacts } from '../../../src/tail/tail-status.js'

const LIVE: TailFacts = {
  phase: 'reading',
  hasFailed: false,
  isConnected: true,
  isPaused: false,
  isHolding: false,
  isFollowing: true,
  lag: 0,
}

describe('describeTail', () => {
  it.each([
    ['Following', {}],
    ['Following', { lag: undefined }],
    ['Following', { lag: 1_000 }],
    ['Catching up', { lag: 1_001 }],
    ['Scrolled back', { isFollowing: false }],
    ['Reading', { isFollowing: false, isHolding: true }],
    ['Opening…', { phase: 'opening' }],
    ['Paused', { isPaused: true }],
    ['Paused', { isPaused: true, isConnected: false, isFollowing: false }],
    ['Waiting for the connection', { isConnected: false }],
    ['Ended', { phase: 'ended' }],
    ['Stopped', { phase: 'ended', hasFailed: true, isPaused: true }],
  ] as const)('says %s for %j', (text, change) => {
    expect(describeTail({ ...LIVE, ...change }).text).toBe(text)
  })
})

describe('describeLag', () => {
  it('says nothing of what is not known', () => {
    expect(describeLag(undefined)).toBe('')
    expect(describeLag(0)).toBe('up to date')
    expect(describeLag(1204)).toBe('1,204 behind')
  })
})
