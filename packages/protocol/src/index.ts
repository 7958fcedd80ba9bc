/**
 * Bytes in flight: frames, commands, the version handshake and the limits.
 *
 * A pure codec, with no input or output, no timers and no state; it runs in browsers and in Node. What
 * the bytes mean is in docs/protocol.md. Bodies and binary values that a decoder returns are views of
 * the message they came in, valid as long as that is. Decoders given any bytes whatever return a value
 * or throw a `TailraceError`.
 */

export * from './close-code.js'
export * from './commands/ack.js'
export * from './commands/close-channel.js'
export * from './commands/control-frame.js'
export * from './commands/delete.js'
export * from './commands/describe.js'
export * from './commands/end.js'
export * from './commands/ensure.js'
export * from './commands/error.js'
export * from './commands/gap.js'
export * from './commands/go-away.js'
export * from './commands/hello.js'
export * from './commands/list.js'
export * from './commands/offset-frames.js'
export * from './commands/open-producer.js'
export * from './commands/ping.js'
export type { Durability, StreamConfigInfo, StreamInfo } from './commands/stream-info.js'
export * from './commands/subscribe.js'
export * from './frames/command-table.js'
export * from './frames/frame-type.js'
export * from './frames/frame.js'
export * from './limits.js'
export * from './protocol-version.js'
export * from './websocket-mask.js'
