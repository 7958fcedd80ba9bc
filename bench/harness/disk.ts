/** What kind of disk the data of a benchmark lies on. Linux says it; elsewhere it is unknown. */
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { dataDirectory, timeSyncs } from './disk-sync.js'

/** The disk below the directory of the benchmarks' data. */
export interface Disk {
  readonly filesystem: string
  /** As the filesystem names it, without `/dev/`. */
  readonly device: string
  readonly kind: 'virtual' | 'rotating' | 'solid state' | 'memory' | 'unknown'
  /** Of one fdatasync of a page: the median and the 99th percentile of `syncs`. */
  readonly syncMs: number
  readonly syncP99Ms: number
  readonly syncs: number
}

/** Looks at the disk and times it. */
export async function readDisk(syncs: number): Promise<Disk> {
  const { p50, p99 } = await timeSyncs(syncs)
  return { ...mountOf(realpathSync(dataDirectory())), syncMs: p50, syncP99Ms: p99, syncs }
}

/** The mount of the longest path that holds `path`; a later one hides an earlier one. */
function mountOf(path: string): Pick<Disk, 'filesystem' | 'device' | 'kind'> {
  let found = { point: '', filesystem: 'unknown', device: 'unknown' }
  for (const line of mountLines()) {
    // See proc_pid_mountinfo(5): the fields before " - " vary in number.
    const [before = '', after = ''] = line.split(' - ')
    const point = (before.split(' ')[4] ?? '').replaceAll('\\040', ' ')
    const isAbove = path === point || path.startsWith(point.endsWith('/') ? point : `${point}/`)
    if (!isAbove || point.length < found.point.length) continue
    const [filesystem = 'unknown', device = 'unknown'] = after.split(' ')
    found = { point, filesystem, device: device.replace('/dev/', '') }
  }
  const { filesystem, device } = found
  return { filesystem, device, kind: kindOf(filesystem, device) }
}

function mountLines(): string[] {
  return existsSync('/proc/self/mountinfo')
    ? readFileSync('/proc/self/mountinfo', 'utf8').trimEnd().split('\n')
    : []
}

function kindOf(filesystem: string, device: string): Disk['kind'] {
  if (filesystem === 'tmpfs') return 'memory'
  const block = join('/sys/class/block', device)
  if (!existsSync(block)) return 'unknown'
  // What a virtual disk says of rotating is the host's guess.
  if (/^(vd|xvd|sr)/.test(device)) return 'virtual'
  // A partition is a folder in that of its disk.
  const folder = realpathSync(block)
  const flag = [folder, dirname(folder)]
    .map((each) => join(each, 'queue/rotational'))
    .find((each) => existsSync(each))
  if (flag === undefined) return 'unknown'
  return readFileSync(flag, 'utf8').trim() === '1' ? 'rotating' : 'solid state'
}
