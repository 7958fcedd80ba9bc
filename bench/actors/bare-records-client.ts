/** Jobs of a client, done with as little as any library could. */
import { bare } from '../clients/bare.js'
import { clientJobs } from '../clients/jobs.js'
import { serveJobs } from '../harness/actor.js'

serveJobs(clientJobs(bare), () => Promise.resolve())
