import { rmSync, symlinkSync } from 'node:fs'
import { MappedStorage } from '../../src/index.js'
import { temporaryDirectory } from '../support/temporary.js'
import { describeStorageContract } from './storage.contract.js'

describeStorageContract('on mapped files', () => {
  const directory = temporaryDirectory()
  return {
    storage: new MappedStorage(directory.path),
    fillAt(path) {
      // Whatever is written through the link finds no space; who removes what it began removes the link.
      symlinkSync('/dev/full', directory.at(path))
      return () => {
        rmSync(directory.at(path), { force: true })
      }
    },
    survivors: () => [new MappedStorage(directory.path)],
    [Symbol.dispose]() {
      directory[Symbol.dispose]()
    },
  }
})
