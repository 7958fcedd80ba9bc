/**
 * What is published: a file, or what comes in on stdin, as chunks of bytes.
 *
 * Regular files are read in large pieces. Pipes, also named ones and those of `<(…)`, go through the
 * event loop instead: a read of a pipe can wait for ever, and would keep the process from ending.
 */

import { type FileHandle, open } from 'node:fs/promises'
import { Socket } from 'node:net'
import { type Readable } from 'node:stream'

import { CommandError } from '../command-error.js'
import { STDIN_NAME } from './stdin-name.js'

/** Bytes read from a file at a time. */
const READ_BYTES = 256 * 1024

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
 * Opens a file, or stdin for {@link STDIN_NAME}.
 *
 * @throws {CommandError} BAD_INPUT for a directory
 * @throws the operating system's error when the file cannot be opened
 */
export async function openInput(name: string, stdin: Readable): Promise<Input> {
  if (name === STDIN_NAME) return streamInput('stdin', stdin)
  const file = await open(name)
  const stat = await file.stat()
  if (stat.isDirectory()) {
    await file.close()
    throw new CommandError('BAD_INPUT', `${name} is a directory, must be a file`)
  }
  if (!stat.isFIFO() && !stat.isSocket()) return fileInput(name, file, stat.size)
  // The socket closes the descriptor, the handle must not.
  return streamInput(name, new Socket({ fd: file.fd, readable: true, writable: false }))
}

function fileInput(name: string, file: FileHandle, sizeBytes: number): Input {
  async function* chunks(signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
    const buffer = new Uint8Array(READ_BYTES)
    while (!signal.aborted) {
      const { bytesRead } = await file.read(buffer, 0, READ_BYTES, null)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  }
  // A device such as /dev/null says 0; so does a file of /proc that has content.
  return { name, sizeBytes: sizeBytes || undefined, chunks, close: () => file.close() }
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
