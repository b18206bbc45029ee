import { AppError } from '../errors.ts'
import type { Nginx } from './nginx.ts'

const nothing = async () => undefined

/** No nginx at all: apps are reached at their ports. Every change succeeds and does nothing; asking is an error. */
export const createNginxOff = (): Nginx => ({
  mode: 'off',
  start: nothing,
  stop: nothing,
  check: async () => ({ ok: true, running: false }),
  install: nothing,
  uninstall: nothing,
  drained: nothing,
  has: async () => true,
  owns: async () => false,
  list: async () => [],
  checkAll: async () => [],
  isGone: async () => false,
  hold: nothing,
  unhold: nothing,
  holds: async () => false,
  listHolds: async () => [],
  ask: async () => {
    throw new AppError('nginx_unreachable', 'SLIPWAY_NGINX is off, so there is no nginx to ask; ask the app’s port')
  },
})
