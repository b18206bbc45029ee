import { Hono } from 'hono'

const app = new Hono()

app.get('/', (context) => context.text('Hello from Slipway, by Deno'))

Deno.serve(app.fetch)
