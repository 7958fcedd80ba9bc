/** What is said on stderr, and how it goes around a progress bar. */

import { describe, expect, it } from 'vitest'

import { Notices } from '../../../src/io/notices.js'

function recorded() {
  const events: string[] = []
  const notices = new Notices({ write: (text: string) => events.push(text) })
  return { events, notices }
}

describe('notices', () => {
  it('begin with the name of the command', () => {
    const { events, notices } = recorded()
    notices.say('done')
    notices.fail('broken')
    expect(events).toEqual(['tailrace: done\n', 'tailrace: broken\n'])
  })

  it('are only errors when silenced', () => {
    const { events, notices } = recorded()
    notices.silence()
    notices.say('done')
    notices.fail('broken')
    expect(events).toEqual(['tailrace: broken\n'])
  })

  it('have a drawing make room for them', () => {
    const { events, notices } = recorded()
    notices.drawing = { hide: () => events.push('hide'), show: () => events.push('show') }
    notices.say('done')
    expect(events).toEqual(['hide', 'tailrace: done\n', 'show'])
  })
})
