/** Jobs of a client, done with the library of RabbitMQ Streams. */
import { clientJobs } from '../clients/jobs.js'
import { rabbitmq } from '../clients/rabbitmq.js'
import { serveJobs } from '../harness/actor.js'

serveJobs(clientJobs(rabbitmq), () => Promise.resolve())
