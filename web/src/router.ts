import { createRouter } from 'sv-router'
import Deployments from './pages/Deployments.svelte'
import { noteNavigation } from './state/page-error.ts'

/** Every page. Only the first one comes with the first load; the others are fetched when they are opened. */
export const { p, navigate, isActive, route, preload } = createRouter({
  '/': Deployments,
  '/login': () => import('./pages/Login.svelte'),
  '/new': () => import('./pages/NewDeployment.svelte'),
  '/apps/:id': {
    '/': () => import('./pages/deployment/Overview.svelte'),
    '/logs': () => import('./pages/deployment/Logs.svelte'),
    '/releases': () => import('./pages/deployment/Releases.svelte'),
    '/previews': () => import('./pages/deployment/Previews.svelte'),
    '/jobs': () => import('./pages/deployment/Jobs.svelte'),
    '/environment': () => import('./pages/deployment/Environment.svelte'),
    '/settings': () => import('./pages/deployment/Settings.svelte'),
    '/machine': () => import('./pages/deployment/Machine.svelte'),
    layout: () => import('./pages/deployment/Layout.svelte'),
  },
  '/receipts/:id': () => import('./pages/Receipt.svelte'),
  '/machine': {
    '/': () => import('./pages/machine/Overview.svelte'),
    '/disk': () => import('./pages/machine/Disk.svelte'),
    '/ports': () => import('./pages/machine/Ports.svelte'),
    '/domains': () => import('./pages/machine/Domains.svelte'),
    '/receipts': () => import('./pages/machine/Receipts.svelte'),
    '/audit': () => import('./pages/machine/Audit.svelte'),
    layout: () => import('./pages/machine/Layout.svelte'),
  },
  '/settings': {
    '/': () => import('./pages/settings/Account.svelte'),
    '/sessions': () => import('./pages/settings/Sessions.svelte'),
    '/tokens': () => import('./pages/settings/Tokens.svelte'),
    '/connections': () => import('./pages/settings/Connections.svelte'),
    '/notifications': () => import('./pages/settings/Notifications.svelte'),
    '/backups': () => import('./pages/settings/Backups.svelte'),
    layout: () => import('./pages/settings/Layout.svelte'),
  },
  hooks: { beforeLoad: noteNavigation },
  '*': () => import('./pages/NotFound.svelte'),
})
