// Ends a worker thread while blocks are being reserved for a file of its. Says "ended" when the process goes on.

import { pbkdf2 } from 'node:crypto'
import { openSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { reserveBlocks } from '../../dist/storage/mmap.js'

const WORKERS = 5
/** As many as the thread pool has threads, so that whatever else is asked of it waits. */
const BUSY_JOBS = 4

if (isMainThread) {
  const [path] = process.argv.slice(2)
  for (let at = 0; at < WORKERS; at += 1) {
    const busy = Array.from({ length: BUSY_JOBS }, () => new Promise(spendTime))
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { path } })
    await new Promise((resolve, reject) => {
      worker.once('message', resolve).once('error', reject)
    })
    await worker.terminate()
    await Promise.all(busy)
  }
  console.log('ended')
} else {
  void reserveBlocks(openSync(workerData.path, 'w+'), 64 * 1024 * 1024)
  parentPort.postMessage('under way')
}

function spendTime(resolve) {
  pbkdf2('a', 'b', 200_000, 64, 'sha512', resolve)
}
