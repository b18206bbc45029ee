/**
 * A choice of this browser, such as how a list is shown: kept in localStorage under `key`. What is there and is none of
 * the choices counts as `fallback`.
 */
export function stored<T extends string>(key: string, choices: readonly T[], fallback: T): { value: T } {
  const kept = localStorage.getItem(key)
  let value = $state(choices.find((it) => it === kept) ?? fallback)
  return {
    get value() {
      return value
    },
    set value(next) {
      value = next
      localStorage.setItem(key, next)
    },
  }
}
