/** Jobs of a client, done with the library of NATS JetStream. */
import { clientJobs } from '../clients/jobs.js'
import { nats } from '../clients/nats.js'
import { serveJobs } from '../harness/actor.js'

serveJobs(clientJobs(nats), () => Promise.resolve())
