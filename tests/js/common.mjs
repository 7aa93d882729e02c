// What all steps share: faults with their codes, digests, strict JSON and base64url, names.
import { createHash } from 'node:crypto'

export const KIB = 1024, MIB = 1024 * KIB
const CODES = { // step: verdict, codes, verdict, codes
  1: ['transport-fault', 'size subject part manifest-missing'],
  2: ['transport-fault', 'jws-form base64url jws-header json json-duplicate-key json-number'],
  3: ['held', 'wire-version-unsupported'],
  4: ['held', 'key-unknown'],
  5: ['transport-fault', 'signature'],
  6: ['refused', 'manifest'],
  7: ['refused', 'key-revoked'],
  8: ['refused', 'publisher-mismatch publisher-not-owner', 'held', 'mandate-unknown'],
  9: ['transport-fault', 'subject-mismatch', 'refused', 'dataset-schema'],
  10: ['held', 'schema-unknown charter-unknown encryption-unsupported', 'refused', 'schema-mismatch mode-kind'],
  11: ['held', 'part-missing', 'transport-fault', 'content-digest content-unexpected'],
  12: ['transport-fault', 'replayed', 'held', 'predecessor-missing', 'refused', 'fork chain-broken epoch-abandoned'],
  13: ['refused', 'content-frame content-size content-arrow content-columns'],
  14: ['refused', 'rows period schema-change invalid place result table-missing composition'],
  15: ['refused', 'sharing secrecy charter-ended'],
}
export const REASONS = new Map(Object.entries(CODES).flatMap(([step, list]) => list.flatMap((verdict, at) =>
  at % 2 ? [] : list[at + 1].split(' ').map(code => [code, { verdict, step: Number(step), reason: code }]))))

export class Fault extends Error {
  constructor (code, why = '') { super(`${code} ${why}`); this.code = code }
}
export const need = (holds, code, why) => { if (!holds) throw new Fault(code, why) }
export const sha256 = data => createHash('sha256').update(data).digest()
export const hex = data => sha256(data).toString('hex')
export const same = (a, b) => JSON.stringify(a) === JSON.stringify(b)
export const byBytes = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))
export const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

// One object; no key twice, no null, whole numbers only, no half surrogate pairs, no byte order mark.
// Loose is for values within rows: fractions and nulls may stand there.
export function strictJson (data, loose = false) {
  let text, found
  try { text = utf8.decode(data) } catch { throw new Fault('json', 'not UTF-8') }
  const tokens = text.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|[{}]|[^\s{}[\],:"]+/g)
  const open = []
  try { found = JSON.parse(text) } catch {
    const numbers = text.replace(/("(?:[^"\\]|\\.)*")|-?(?:NaN|Infinity)/g, (_, string) => string ?? '1')
    try { JSON.parse(numbers) } catch { throw new Fault('json', 'not JSON') }
    throw new Fault('json-number')
  }
  for (const [token, string, colon] of tokens) {
    if (token === '{') open.push(new Set())
    else if (token === '}') open.pop()
    else if (string === undefined) {
      need(token.length < 4300, 'json', 'a number too long')
      need(loose || token !== 'null', 'json', 'what is absent is left out')
      need(loose || /^(-?\d+|true|false)$/.test(token), 'json-number')
    } else {
      const value = JSON.parse(string)
      need(value.isWellFormed(), 'json', 'half a surrogate pair')
      if (colon) need(!open.at(-1).has(value), 'json-duplicate-key')
      if (colon) open.at(-1).add(value)
    }
  }
  need(found !== null && typeof found === 'object' && !Array.isArray(found), 'json', 'no object')
  return found
}

export function base64url (text) {
  const data = Buffer.from(text, 'base64url')
  need(data.toString('base64url') === text, 'base64url', 'not in its one spelling')
  return data
}

const NAME = '[a-z][a-z0-9]*(?:-[a-z0-9]+)*'
const BODY = 'fr-com-(?:[0-9]{2}|2[ab])[0-9]{3}|fr-(?:epci|syn)-[0-9]{9}|fr-dep-(?:[0-9]{2,3}|2[ab])|' +
  'fr-reg-[0-9]{2,3}|(?!fr)[a-z]{2}-lau-[a-z0-9]{1,20}'
const DATASET = `(?:${BODY})/(${NAME})(?:\\.(${NAME}))?`
export const text = (pattern, longest = 1000) => value =>
  typeof value === 'string' && value.length <= longest && new RegExp(`^(?:${pattern})$`).test(value)
export const whole = (low, high = Number.MAX_SAFE_INTEGER) => value => Number.isSafeInteger(value) && value >= low && value <= high
export const oneOf = list => value => list.split(' ').includes(value)
export const name = text(NAME, 64), participant = text(BODY), digest = text('[0-9a-f]{64}')
export const dataset = value => text(DATASET)(value) && new RegExp(DATASET).exec(value).slice(1).every(part => (part ?? '').length <= 64)
export const instant = value => text('\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ')(value) && !Number.isNaN(Date.parse(value)) &&
  new Date(value).toISOString() === value.replace('Z', '.000Z')
export const date = value => text('\\d{4}-\\d\\d-\\d\\d')(value) && instant(`${value}T00:00:00Z`)

// The one commune, or municipality abroad, that a participant is; null for every other body.
export const placeOf = id => !id.startsWith('fr-') ? id : id.startsWith('fr-com-') ? id.slice(7).toUpperCase() : null

function zone (id) {
  if (!id.startsWith('fr-')) return id.slice(0, 2)
  if (!id.startsWith('fr-com-')) return 'fr'
  return `fr-${id.slice(7, /^9[78]/.test(id.slice(7)) ? 10 : 9)}`
}

export function parseSubject (given) {
  const tokens = given.split('.'), [, , , group, carrier, kind] = tokens
  need(tokens.length >= 7 && given.startsWith('mlg.1.z.') && oneOf('pub for doc rcpt ask fwd')(kind) &&
    participant(carrier) && group === zone(carrier), 'subject', given)
  return { carrier, kind, rest: tokens.slice(6) }
}
