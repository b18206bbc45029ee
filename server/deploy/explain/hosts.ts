import type { Rule } from './rule.ts'

/**
 * Apps that answer only to host names they know. They say so in their log or in the answer itself, with 400 or 403, which
 * would otherwise count as an answer.
 */
export const hosts: Rule[] = [
  {
    name: 'django-allowed-hosts',
    stage: 'start',
    pattern:
      /Invalid HTTP_HOST header: '(?<host>[^'\n]{1,150})'|You may need to add [^\n]{1,160} to ALLOWED_HOSTS|You must set settings\.ALLOWED_HOSTS if DEBUG is False|<title>Bad Request \(400\)<\/title>/,
    code: 'app_not_answering',
    message: 'Django refuses the name it is asked by: that is not in ALLOWED_HOSTS.',
    hint: 'Add the app’s host name to ALLOWED_HOSTS in the settings (and to CSRF_TRUSTED_ORIGINS, with https://), best from a variable.',
  },
  {
    name: 'vite-allowed-hosts',
    stage: 'start',
    pattern: /Blocked request\. This host \((?:"|&quot;)?(?<host>[\w.-]{1,150})(?:"|&quot;)?\) is not allowed/,
    code: 'app_not_answering',
    message: 'Vite refuses the name {host}: it is made for developing, and answers only to names it was told.',
    hint: 'Serve the built files instead of vite dev or vite preview; or set preview.allowedHosts (server.allowedHosts) in vite.config to that name.',
  },
  {
    name: 'rails-hosts',
    stage: 'start',
    pattern: /Blocked hosts?: (?<host>[\w.:-]{1,150})/,
    code: 'app_not_answering',
    message: 'Rails refuses the name {host}.',
    hint: 'Add it in config/environments/production.rb: config.hosts << "{host}".',
  },
  {
    name: 'invalid-host-header',
    stage: 'start',
    pattern: /^Invalid Host header$|Host header is specified and is not an IP address or localhost/m,
    code: 'app_not_answering',
    message: 'A development server refuses the name it is asked by.',
    hint: 'Serve the built files instead of the dev server (npm run build, then start what it made).',
  },
]
