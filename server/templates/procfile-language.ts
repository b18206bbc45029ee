/** Programs that only apps of one template are started with. */
const PROGRAMS: Record<string, RegExp> = {
  php: /^(php|heroku-php-\w+)$/,
  ruby: /^(bundle|ruby|rackup|rails|rake|puma|unicorn|thin|falcon)$/,
  python: /^(python[\d.]*|gunicorn|uvicorn|hypercorn|daphne|waitress-serve|flask|streamlit|poetry|pipenv|uv)$/,
  elixir: /^(mix|elixir|iex)$/,
  java: /^(java|gradlew|mvnw)$/,
  deno: /^deno$/,
  bun: /^bunx?$/,
  node: /^(node|npm|npx|yarn|pnpm|tsx|next|nuxt)$/,
}

/** The template that the `web` line of a Procfile is written for, by the program it calls; undefined when that tells nothing. */
export function templateOfCommand(command: string | undefined): string | undefined {
  const words = (command ?? '').trim().split(/\s+/)
  const program =
    words
      .find((it) => it !== 'exec' && !/^\w+=/.test(it))
      ?.split('/')
      .at(-1) ?? ''
  return Object.entries(PROGRAMS).find(([, pattern]) => pattern.test(program))?.[0]
}
