/** A choice of this browser, such as how a list is shown: kept in localStorage under `key`. */
export function stored<T extends string>(key: string, fallback: T): { value: T } {
  let value = $state((localStorage.getItem(key) as T | null) ?? fallback)
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
