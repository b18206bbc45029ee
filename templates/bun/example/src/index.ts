import { Hono } from 'hono'

const app = new Hono()

app.get('/', (context) => context.text('Hello from Slipway, by Bun'))

export default app
