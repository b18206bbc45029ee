import type { Type as TypeBox } from 'typebox'

/**
 * TypeBox's builders, by TypeBox's types, with the little they do at run time here: they make JSON Schema. The package's
 * own builders cost 11 MB of resident memory when they are loaded (docs/decisions/memory.md).
 */
type Builders = Pick<
  typeof TypeBox,
  | 'Any'
  | 'Array'
  | 'Boolean'
  | 'Enum'
  | 'Integer'
  | 'Literal'
  | 'Null'
  | 'Number'
  | 'Object'
  | 'Optional'
  | 'String'
  | 'Union'
>
type Schema = Record<string, unknown>

const optional = new WeakSet<object>()
const make = (type: string) => (options?: Schema) => ({ type, ...options })

const builders = {
  Any: (options?: Schema) => ({ ...options }),
  Boolean: make('boolean'),
  Integer: make('integer'),
  Null: make('null'),
  Number: make('number'),
  String: make('string'),
  Enum: (values: readonly string[]) => ({ type: 'string', enum: values }),
  Literal: (value: string) => ({ const: value }),
  Union: (members: Schema[]) => ({ anyOf: members }),
  Array: (items: Schema, options?: Schema) => ({ type: 'array', items, ...options }),
  Optional: (schema: Schema) => {
    const copy = { ...schema }
    optional.add(copy)
    return copy
  },
  Object: (properties: Record<string, Schema>, options?: Schema) => ({
    type: 'object',
    properties,
    required: Object.keys(properties).filter((key) => !optional.has(properties[key] ?? {})),
    ...options,
  }),
}

export const Type = builders as unknown as Builders
export type { Static } from 'typebox'
