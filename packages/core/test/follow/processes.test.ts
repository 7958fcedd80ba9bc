/** Followers in processes of their own: many at once, without any right to write, unnoticed by the writer. */

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, cpSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

import { openStore, type LogDescription } from '../../src/index.js'
import { filesOf, streamDirectory } from '../support/files.js'
import { runSeed } from '../support/random.js'
import { temporaryDirectory } from '../support/temporary.js'
import { Following, type Plan } from './support/following.js'
import { Program } from './support/program.js'

const STREAM = 'followed'
const TIMEOUT_MS = 60_000
const FIXED_TIME_US = 1_763_600_000_000_000
/** Who owns nothing. */
const NOBODY = 65_534

interface Holdings {
  readonly mappings: readonly string[]
  readonly descriptorCount: number
  readonly userId: number
}

interface OpenedStream {
  readonly epoch: number
  readonly endOffset: number
}

/** Name and hash of every file of the stream. */
function hashesOf(root: string): string[] {
  return filesOf(root, STREAM).map((name) => {
    const stored = readFileSync(`${streamDirectory(root, STREAM)}/${name}`)
    const bytes = name === 'stream.meta' ? withoutNote(stored) : stored
    return `${name} ${createHash('sha256').update(bytes).digest('hex')}`
  })
}

/** Without the note of how far the log was durable: that depends on which commit was quicker. */
function withoutNote(metadata: Buffer): string {
  const [, content = ''] = metadata.toString('utf8').split('\n')
  const { durableOffset, ...rest } = JSON.parse(content) as Record<string, unknown>
  expect(durableOffset).toBeGreaterThan(0)
  return JSON.stringify(rest)
}

describe.each(['fsync', 'relaxed'] as const)(
  'many followers of a stream in %s mode',
  (durability) => {
    it(
      'all get everything, through rolls, trims and retention',
      async () => {
        using root = temporaryDirectory()
        const plan: Plan = { seed: runSeed(), sizeMax: 3000 }
        const config = {
          durability,
          segmentBytesMax: '64KiB',
          flushIntervalMs: 10,
          retention: { maxBytes: '4MiB' },
        }
        const job = { directory: root.path, stream: STREAM, plan }
        await using writer = await Program.start('writer')
        await writer.ask('open', { ...job, config })
        const programs = await Promise.all(
          Array.from({ length: 6 }, () => Program.start('follower')),
        )
        try {
          const followings: Following[] = []
          for (const program of programs) {
            await program.ask('open', job)
            // Three readers in each, on one log and one timer.
            for (let count = 0; count < 3; count += 1) {
              followings.push(new Following(program, { ...job, from: 'first', until: 1500 }))
            }
          }
          for (const until of [300, 600, 900, 1200, 1500]) {
            await writer.ask('append', { ...job, until })
            await Promise.all(followings.map((following) => following.reaches(until - 1)))
            // Followers of a relaxed stream are ahead of its disk, and a trim must not be.
            await writer.ask('settle', { stream: STREAM })
            await writer.ask('trim', { stream: STREAM, beforeOffset: until - 150 })
            await writer.ask('settle', { stream: STREAM })
          }
          for (const { outcome } of followings) expect(await outcome).toEqual({ nextOffset: 1500 })
          const described = await writer.ask<LogDescription>('describe', { stream: STREAM })
          expect(described.startOffset).toBe(1350)
          for (const program of programs) {
            const seen = await program.ask<LogDescription>('describe', { stream: STREAM })
            expect([seen.startOffset, seen.visibleOffset]).toEqual([1350, 1500])
          }
        } finally {
          for (const program of programs) await program.kill()
        }
      },
      TIMEOUT_MS,
    )
  },
)

describe('a follower in a process without rights', () => {
  it(
    'reads and follows; nothing is mapped or open for writing',
    async () => {
      using root = temporaryDirectory()
      const plan: Plan = { seed: runSeed(), sizeMax: 3000 }
      const job = { directory: root.path, stream: STREAM, plan }
      const isRoot = process.getuid?.() === 0
      chmodSync(root.path, 0o755)
      await using writer = await Program.start('writer')
      await writer.ask('open', { ...job, config: { segmentBytesMax: '64KiB' } })
      await writer.ask('append', { ...job, until: 200 })
      // Root may write whatever the modes say; so the follower is somebody else, or all is forbidden.
      const user = isRoot ? { uid: NOBODY, gid: NOBODY } : {}
      const paths = [
        root.path,
        ...readdirSync(root.path, { recursive: true, encoding: 'utf8' }).map((name) =>
          root.at(name),
        ),
      ]
      if (!isRoot) for (const path of paths) chmodSync(path, path.includes('.') ? 0o444 : 0o555)
      await using follower = await Program.start('follower', user)
      await follower.ask('open', job)
      const following = new Following(follower, { ...job, from: 'first' })
      await following.reaches(200)
      if (isRoot) {
        await writer.ask('append', { ...job, until: 400 })
        await following.reaches(400)
      }
      const holdings = await follower.ask<Holdings>('holdings', job)
      expect(holdings.userId).toBe(isRoot ? NOBODY : process.getuid?.())
      expect(holdings.mappings.length).toBeGreaterThan(1)
      expect(new Set(holdings.mappings)).toEqual(new Set(['r--s']))
      expect(holdings.descriptorCount).toBe(0)
      if (!isRoot) for (const path of paths) chmodSync(path, 0o755)
    },
    TIMEOUT_MS,
  )
})

describe('a process that does nothing but follow', () => {
  it('stays alive until the record comes, and ends by itself after it', async () => {
    using root = temporaryDirectory()
    await using store = await openStore(root.path)
    const log = await store.ensure(STREAM)
    const script = fileURLToPath(new URL('programs/tail-one.mjs', import.meta.url))
    const child = spawn(process.execPath, [script, root.path, STREAM])
    let output = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (text.startsWith('waiting')) void log.append({ value: 'at last' })
    })
    const [status] = (await once(child, 'close')) as [number]
    expect(output).toBe('waiting\nat last\n')
    expect(status).toBe(0)
  })
})

describe('a writer that is followed', () => {
  it.each(['fsync', 'relaxed'] as const)(
    'writes the same bytes as one that is not: %s',
    async (durability) => {
      using followed = temporaryDirectory()
      using alone = temporaryDirectory()
      const plan: Plan = { seed: runSeed(), sizeMax: 5000 }
      const job = { stream: STREAM, plan, fixedTimeUs: FIXED_TIME_US }
      const config = { durability, segmentBytesMax: '64KiB', flushIntervalMs: 60_000 }
      // Both begin with the same stream, so that they have the same identity.
      await using maker = await Program.start('writer')
      await maker.ask('open', { ...job, directory: followed.path, config })
      await maker.ask('close')
      cpSync(followed.path, alone.path, { recursive: true })
      const programs = await Promise.all(Array.from({ length: 3 }, () => Program.start('follower')))
      try {
        const followings: Following[] = []
        for (const program of programs) {
          await program.ask('open', { directory: followed.path })
          followings.push(new Following(program, { ...job, from: 'first', until: 600 }))
        }
        for (const { path } of [followed, alone]) {
          await using writer = await Program.start('writer')
          await writer.ask('open', { ...job, directory: path, config })
          await writer.ask('append', { ...job, until: 600 })
          await writer.ask('settle', { stream: STREAM })
          // Or the first records are gone before a slow one has asked for them.
          if (path === followed.path) {
            for (const following of followings) await following.reaches(600)
          }
          await writer.ask('trim', { stream: STREAM, beforeOffset: 100 })
          await writer.ask('close')
        }
        for (const { outcome } of followings) expect(await outcome).toEqual({ nextOffset: 600 })
      } finally {
        for (const program of programs) await program.kill()
      }
      expect(hashesOf(followed.path)).toEqual(hashesOf(alone.path))
      expect(hashesOf(followed.path).length).toBeGreaterThan(20)
    },
    TIMEOUT_MS,
  )
})

describe('a stream that is deleted and made anew, again and again', () => {
  it(
    'is told to followers in other processes, which open it again',
    async () => {
      using root = temporaryDirectory()
      const job = { directory: root.path, stream: STREAM }
      await using writer = await Program.start('writer')
      let { epoch } = await writer.ask<OpenedStream>('open', { ...job, config: {} })
      await using follower = await Program.start('follower')
      await follower.ask('open', job)
      for (let life = 0; life < 8; life += 1) {
        const plan: Plan = { seed: runSeed(), life }
        const following = new Following(follower, { ...job, plan, from: 'first' })
        await writer.ask('append', { ...job, plan, until: 20 })
        await following.reaches(20)
        // The follower may look between the two, or only after both.
        await writer.ask('delete', job)
        const made = await writer.ask<OpenedStream>('ensure', { ...job, config: {} })
        const outcome = await following.outcome
        expect(outcome.nextOffset).toBe(20)
        expect(['STREAM_CLOSED', 'EPOCH_MISMATCH']).toContain(outcome.code)
        if (outcome.code === 'EPOCH_MISMATCH') {
          expect(outcome.details).toMatchObject({ knownEpoch: epoch, actualEpoch: made.epoch })
        }
        ;({ epoch } = made)
      }
    },
    TIMEOUT_MS,
  )
})
