/** Jobs of a client, done with a library of Redis. */
import { clientJobs } from '../clients/jobs.js'
import { redis } from '../clients/redis.js'
import { serveJobs } from '../harness/actor.js'

serveJobs(clientJobs(redis), () => Promise.resolve())
