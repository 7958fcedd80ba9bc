import { chmodSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { openStore } from '../../../src/index.js'
import { lockStore } from '../../../src/store/store-lock.js'
import { errorOf } from '../../support/errors.js'
import { startProgram } from '../../support/programs.js'
import { temporaryDirectory } from '../../support/temporary.js'

const NOBODY = '65534'

describe('the lock of a data directory', () => {
  it('is refused to a second opening in the same process, naming it', async () => {
    using directory = temporaryDirectory()
    const store = await openStore(directory.path)
    const error = await errorOf('STORE_LOCKED', openStore(directory.path))
    expect(error.details).toMatchObject({ processId: process.pid })
    expect(error.message).toContain(`process ${String(process.pid)}`)
    expect(error.message).toContain(directory.path)
    await store.close()
    await (await openStore(directory.path)).close()
  })

  it('is refused to a second process, and free once the first has closed', async () => {
    using directory = temporaryDirectory()
    await using holder = startProgram('holder', [directory.path])
    expect(await holder.message()).toEqual({ opened: true })
    const error = await errorOf('STORE_LOCKED', openStore(directory.path))
    expect(error.details).toMatchObject({ processId: holder.process.pid })
    await using second = startProgram('holder', [directory.path])
    expect(await second.message()).toMatchObject({
      code: 'STORE_LOCKED',
      details: { processId: holder.process.pid },
    })
    holder.process.send('close')
    await holder.ended
    await (await openStore(directory.path)).close()
  })

  it('is free at once when its holder is killed', async () => {
    using directory = temporaryDirectory()
    await using holder = startProgram('holder', [directory.path])
    await holder.message()
    await errorOf('STORE_LOCKED', openStore(directory.path))
    await holder.kill()
    const store = await openStore(directory.path)
    expect(readFileSync(directory.at('lock'), 'utf8')).toBe(`${String(process.pid)}\n`)
    await store.close()
  })

  it('is not passed on to a process that its holder starts', async () => {
    using directory = temporaryDirectory()
    using elsewhere = temporaryDirectory()
    const store = await openStore(directory.path)
    await using child = startProgram('holder', [elsewhere.path])
    await child.message()
    await store.close()
    await (await openStore(directory.path)).close()
  })

  it('does not depend on what its file says', async () => {
    using directory = temporaryDirectory()
    for (const content of ['', 'what?', '999999999', '1\n']) {
      writeFileSync(directory.at('lock'), content)
      const store = await openStore(directory.path)
      await errorOf('STORE_LOCKED', openStore(directory.path))
      await store.close()
    }
  })

  it.runIf(process.platform === 'linux')('is taken where the disk is too full for a note', () => {
    using directory = temporaryDirectory()
    symlinkSync('/dev/full', directory.at('lock'))
    const lock = lockStore(directory.path)
    lock.release()
  })

  it.runIf(process.platform === 'linux')(
    'is held also when somebody deletes its file',
    async () => {
      using directory = temporaryDirectory()
      const lock = lockStore(directory.path)
      rmSync(directory.at('lock'))
      const error = await errorOf('STORE_LOCKED', () => lockStore(directory.path))
      expect(error.message).toContain('another process')
      lock.release()
      lockStore(directory.path).release()
    },
  )

  it('names nobody when the holder has not yet said who it is', async () => {
    using directory = temporaryDirectory()
    const lock = lockStore(directory.path)
    writeFileSync(directory.at('lock'), '')
    const error = await errorOf('STORE_LOCKED', () => lockStore(directory.path))
    expect(error.message).toContain('another process')
    lock.release()
    lock.release()
    lockStore(directory.path).release()
  })

  it('cannot be taken where the directory may not be written', async () => {
    using directory = temporaryDirectory()
    // Root may write everywhere, so the program becomes somebody else first.
    const isRoot = process.getuid?.() === 0
    if (isRoot) chmodSync(directory.path, 0o755)
    else chmodSync(directory.path, 0o555)
    for (const path of [directory.path, directory.at('data')]) {
      await using program = startProgram('holder', [path, NOBODY])
      const refused = await program.message()
      expect(refused).toMatchObject({ code: 'STORE_NOT_WRITABLE' })
      expect((refused as Error).message).toContain(path)
    }
    expect(readdirSync(directory.path)).toEqual([])
    chmodSync(directory.path, 0o755)
  })
})
