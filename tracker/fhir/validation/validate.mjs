// Judges FHIR R4 resources for the tracker: one line of JSON in, one line of findings out, until the input ends.
import { createInterface } from 'node:readline'

const MOST = 100
const say = (told) => process.stdout.write(`${JSON.stringify(told)}\n`)

async function makeValidator() {
  const { Fhir } = (await import('fhir')).default
  return new Fhir()
}

// In a list of plain values a null keeps the place of one that has only an extension; the validator takes it for a value.
function withoutPlaceholders(value) {
  if (Array.isArray(value)) return value.map(withoutPlaceholders)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([name, held]) => {
      const hasExtensions = Array.isArray(held) && Array.isArray(value[`_${name}`])
      return [name, withoutPlaceholders(hasExtensions ? held.filter((each) => each !== null) : held)]
    }),
  )
}

function judge(validator, resource) {
  try {
    const { messages } = validator.validate(withoutPlaceholders(resource), { errorOnUnexpected: true })
    const errors = messages.filter(({ severity }) => severity === 'error' || severity === 'fatal')
    return { found: errors.slice(0, MOST).map(({ location, message }) => [location, message.slice(0, 200)]) }
  } catch (error) {
    return { failed: String(error.name) }
  }
}

let validator
try {
  validator = await makeValidator()
} catch (error) {
  say({ missing: String(error.code ?? error.name) })
}
if (validator) {
  say({ ready: true })
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    const { ticket, resources } = JSON.parse(line)
    say({ ticket, judged: resources.map((resource) => judge(validator, resource)) })
  }
}
