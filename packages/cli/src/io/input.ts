/**
 * What is published: a file, or what comes in on stdin, as chunks of bytes.
 *
 * Regular files are read in large pieces. Pipes, also named ones and those of `<(…)`, go through the
 * event loop instead: a read of a pipe can wait for ever, and would keep the process from ending.
 */

import { close, fstatSync, open, read } from 'node:fs'
import { Socket } from 'node:net'
import { type Readable } from 'node:stream'
import { promisify } from 'node:util'

import { CommandError } from '../command-error.js'
import { STDIN_NAME } from './stdin-name.js'

/** Bytes read from a file at a time. */
const READ_BYTES = 256 * 1024

// By descriptor, because a socket takes over a descriptor and not a FileHandle.
const openFile = promisify(open)
const readFile = promisify(read)
const closeFile = promisify(close)

/** An opened input. Its chunks can be read once. */
export interface Input {
  /** As messages name it. */
  readonly name: string
  /** Bytes there are, undefined when that cannot be known. */
  readonly sizeBytes: number | undefined
  /**
   * The bytes in order. A chunk is valid until the next is asked for. Ends early when `signal`, which has
   * not aborted yet, does.
   */
  chunks(signal: AbortSignal): AsyncGenerator<Uint8Array, void>
  /** Gives back what was opened. */
  close(): Promise<void>
}

/**
 * Opens a file, or stdin for {@link STDIN_NAME}. Opening a named pipe waits for somebody to write to it.
 *
 * @throws {CommandError} BAD_INPUT for a directory
 * @throws the operating system's error when the file cannot be opened
 */
export async function openInput(name: string, stdin: Readable): Promise<Input> {
  if (name === STDIN_NAME) return streamInput('stdin', stdin)
  const fd = await openFile(name, 'r')
  const stat = fstatSync(fd)
  if (stat.isDirectory()) {
    await closeFile(fd)
    throw new CommandError('BAD_INPUT', `${name} is a directory, must be a file`)
  }
  if (!stat.isFIFO() && !stat.isSocket()) return fileInput(name, fd, stat.size)
  return streamInput(name, new Socket({ fd, readable: true, writable: false }))
}

function fileInput(name: string, fd: number, sizeBytes: number): Input {
  async function* chunks(signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
    const buffer = new Uint8Array(READ_BYTES)
    while (!signal.aborted) {
      const { bytesRead } = await readFile(fd, buffer, 0, READ_BYTES, null)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  }
  // A device such as /dev/null says 0; so does a file of /proc that has content.
  return { name, sizeBytes: sizeBytes || undefined, chunks, close: () => closeFile(fd) }
}

function streamInput(name: string, stream: Readable): Input {
  async function* chunks(signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
    const stop = () => stream.destroy()
    signal.addEventListener('abort', stop)
    try {
      for await (const chunk of stream) yield chunk as Uint8Array
    } catch (error) {
      // Destroying the stream ends the loop with an error.
      if (!signal.aborted) throw error
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }
  const close = async () => void stream.destroy()
  return { name, sizeBytes: undefined, chunks, close }
}
