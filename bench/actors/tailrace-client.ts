/** Jobs of a client, done with the client package. */
import { clientJobs } from '../clients/jobs.js'
import { tailrace } from '../clients/tailrace.js'
import { serveJobs } from '../harness/actor.js'

serveJobs(clientJobs(tailrace), () => Promise.resolve())
