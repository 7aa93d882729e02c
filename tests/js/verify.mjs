// Verifies tests/vectors in a second language: the fifteen steps of docs/wire.md, section 6, written
// from the specification and not from the Python program. Output is TAP; exit status 1 if a good
// vector is refused, a faulty one accepted, or a verdict, step or reason is another than expected.
import { readFileSync, readdirSync } from 'node:fs'
import { calculateJwkThumbprint, compactVerify, importJWK } from 'jose'
import { Fault, KIB, MIB, REASONS, base64url, byBytes, hex, need, parseSubject, same, strictJson, text, whole } from './common.mjs'
import { judge, unzstd } from './content.mjs'
import { isManifest } from './manifest.mjs'

const FOLDER = new URL('../vectors/', import.meta.url)
const load = path => readFileSync(new URL(path, FOLDER))

// --- trust: identities and charters whose signatures hold, schemas by digest ------------------------

const P = 2n ** 255n - 19n
const Y8 = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n
const SMALL_ORDER = [0n, 1n, P - 1n, Y8, P - Y8]

async function publicKey (x) {
  const raw = base64url(x), y = BigInt(`0x${Buffer.from(raw).reverse().toString('hex')}`) & (2n ** 255n - 1n)
  need(raw.length === 32 && y < P && !SMALL_ORDER.includes(y), 'key')
  const jwk = { kty: 'OKP', crv: 'Ed25519', x }
  return { kid: await calculateJwkThumbprint(jwk), key: await importJWK(jwk, 'Ed25519') }
}
const holds = (jws, key) => compactVerify(jws, key, { algorithms: ['Ed25519'] }).then(() => true, () => false)

async function trustOf ({ receiver, documents }) {
  const trust = { receiver, keys: new Map(), schemas: new Map(), charters: new Map(), latest: new Map(), firsts: new Map(), ends: [] }
  trust.areas = JSON.parse(load('documents/territories.json'))
  const of = kind => documents.filter(name => name.startsWith(kind)).sort(byBytes).map(name => load(`documents/${name}`))
  for (const data of of('schema-')) trust.schemas.set(hex(data), JSON.parse(data))
  for (const [kind, take] of [['identity-', takeIdentity], ['charter-', takeCharter], ['end-', takeEnd]]) {
    for (const data of of(kind)) {
      const { payload, signatures } = JSON.parse(data), bytes = base64url(payload)
      const signed = new Map(signatures.map(one => [strictJson(base64url(one.protected)).kid, `${one.protected}.${payload}.${one.signature}`]))
      // a document that doesn't hold is as if it weren't there
      try { await take(trust, strictJson(bytes), hex(bytes), signed) } catch (error) { if (!(error instanceof Fault)) throw error }
    }
  }
  return trust
}

async function takeIdentity (trust, found, id, signed) {
  const old = trust.latest.get(found.participant)
  const keys = await Promise.all(found.keys.map(one => publicKey(one.x))), recovery = await publicKey(found.recovery.x)
  const all = [...keys, recovery], known = [...all, ...(old?.all ?? [])]
  for (const [kid, jws] of signed) need(await holds(jws, known.find(one => one.kid === kid)?.key), 'identity', 'signature')
  need(all.every(one => signed.has(one.kid) || old?.all.some(other => other.kid === one.kid)), 'identity', 'a new key did not sign')
  need(old ? found.previous === old.id && signed.has(old.recovery.kid) : found.version === 1, 'identity', 'predecessor')
  trust.latest.set(found.participant, { id, all, recovery })
  if (!old) trust.firsts.set(id, keys)
  for (const one of found.revoked ?? []) trust.keys.get(one.kid).until = new Map(one.heads.map(({ dataset, head }) => [dataset, head]))
  for (const one of keys) trust.keys.set(one.kid, { ...one, participant: found.participant, until: null })
}

async function takeCharter (trust, found, id, signed) {
  for (const member of found.members) {
    const mine = trust.firsts.get(member.identity)?.find(one => signed.has(one.kid))
    need(mine !== undefined && await holds(signed.get(mine.kid), mine.key), 'charter', member.participant)
  }
  trust.charters.set(id, { members: new Map(found.members.map(member => [member.participant, member.identity])), ends: found.ends })
}

async function takeEnd (trust, found, id, signed) {
  const pinned = trust.firsts.get(trust.charters.get(found.charter)?.members.get(found.member))
  const [[kid, jws]] = signed, mine = pinned?.find(one => one.kid === kid)
  need(signed.size === 1 && mine !== undefined && await holds(jws, mine.key) && found.ends >= found.issued, 'end', found.member)
  trust.ends.push(found)
}

// --- steps 1 to 11 for one message --------------------------------------------------------------------

function protectedKid (segment) {
  const found = strictJson(base64url(segment)), { kid } = found, typ = 'maillage-publication+jws'
  need(same(Object.keys(found).sort(), ['alg', 'kid', 'typ', 'ver']) && Number.isInteger(found.ver) && found.ver > 0, 'jws-header', 'members')
  need(found.ver === 1, 'wire-version-unsupported') // 3
  need(found.alg === 'Ed25519' && found.typ === typ && typeof kid === 'string', 'jws-header')
  const spelling = Buffer.from(JSON.stringify({ alg: 'Ed25519', kid, typ, ver: 1 })).toString('base64url')
  need(spelling === segment, 'jws-header', 'not in its one spelling')
  need(base64url(kid).length === 32, 'jws-header', 'kid')
  return kid
}
const before = (a, b) => a.epoch < b.epoch || (a.epoch === b.epoch && a.sequence < b.sequence)

async function open (message, trust) {
  const jws = message.headers['Maillage-Manifest'], part = message.headers['Maillage-Part'] ?? '1/1'
  const body = message.bodyBase64 === undefined ? unzstd(Buffer.from(message.bodyZstdBase64, 'base64'), MIB) : Buffer.from(message.bodyBase64, 'base64')
  need(jws !== undefined, 'manifest-missing') // 1
  need(message.subject === null || body.length <= 512 * KIB, 'size')
  const from = message.subject === null ? null : parseSubject(message.subject)
  need(text('[1-9][0-9]{0,2}/[1-9][0-9]{0,2}')(part), 'part')
  const [number, total] = part.split('/').map(Number)
  need(number <= total && total <= 128, 'part')
  need(jws.length <= 32 * KIB, 'size')
  const segments = jws.split('.') // 2
  need(segments.length === 3 && /^[\x00-\x7f]*$/.test(jws), 'jws-form')
  const kid = protectedKid(segments[0]), payload = base64url(segments[1])
  need(base64url(segments[2]).length === 64, 'jws-form')
  const key = trust.keys.get(kid)
  need(key !== undefined, 'key-unknown') // 4
  need(await holds(jws, key.key), 'signature') // 5
  const id = hex(`${segments[0]}.${segments[1]}`)
  let m
  try { m = strictJson(payload) } catch (error) { throw new Fault('manifest', error.message) }
  need(isManifest(m), 'manifest') // 6
  const schema = known(m, id, key, from, trust)
  bind(m, from, body, number, total)
  return { m, id, owner: m.dataset.split('/')[0], schema, body, number, total }
}

function known (m, id, key, from, trust) {
  const last = key.until?.get(m.dataset) // 7
  need(key.until === null || (last !== undefined && (before(m, last) || (!before(last, m) && id === last.digest))), 'key-revoked')
  const [owner, rest] = m.dataset.split('/'), [name, slug = '_'] = rest.split('.')
  need(m.publisher === key.participant, 'publisher-mismatch') // 8
  need(owner === m.publisher, m.mandate ? 'mandate-unknown' : 'publisher-not-owner')
  need(name === m.schema.name, 'dataset-schema') // 9
  const tail = from && { pub: from.rest, for: from.rest.slice(1) }[from.kind]
  need(from === null || (from.kind === 'fwd' ? same(from.rest, [owner]) : from.carrier === owner && same(tail, [name, slug])), 'subject-mismatch')
  const schema = trust.schemas.get(m.schema.digest) // 10
  need(schema !== undefined, 'schema-unknown')
  need(schema.name === m.schema.name && schema.version === m.schema.version, 'schema-mismatch')
  need(schema.maillage.kind === 'series' ? !['snapshot', 'delta'].includes(m.mode) : m.mode !== 'append' && !m.period, 'mode-kind')
  need(!m.encryption, 'encryption-unsupported')
  need(!m.sharing.charter || trust.charters.has(m.sharing.charter), 'charter-unknown')
  return schema
}

function bind ({ content }, from, body, number, total) { // 11
  if (!content) return need(body.length === 0 && total === 1, 'content-unexpected')
  const whole = from === null && total === 1, signed = whole ? content : content.parts[number - 1]
  need((whole || total === content.parts.length) && body.length === signed.size && hex(body) === signed.digest, 'content-digest')
}

// --- step 12 ----------------------------------------------------------------------------------------------

function follow ({ m, id }, head, decided) {
  const was = digest => decided.some(position => position.digest === digest)
  if (head === null) return need(m.epoch === 1 && m.sequence === 1, 'predecessor-missing')
  if (m.epoch === head.epoch && m.sequence === head.sequence + 1) return need(m.previous === head.digest, 'chain-broken')
  if (!before(head, m)) throw new Fault(id === head.digest || was(id) ? 'replayed' : m.epoch === head.epoch ? 'fork' : 'epoch-abandoned')
  need(m.epoch === head.epoch + 1 && m.sequence === 1 && (m.previous === head.digest || was(m.previous)), 'predecessor-missing')
}

// --- all vectors ------------------------------------------------------------------------------------------

const trusted = new Map()
async function verify ({ trust: knowledge, messages, head, decided, tableBase64 }) {
  const named = JSON.stringify(knowledge), opened = []
  if (!trusted.has(named)) trusted.set(named, await trustOf(knowledge))
  const trust = trusted.get(named)
  try {
    for (const message of messages) opened.push(await open(message, trust))
    const parts = new Map(opened.map(one => [one.number, one.body]))
    need(parts.size === opened[0].total, 'part-missing')
    follow(opened[0], head, decided)
    const blob = Buffer.concat([...parts].sort(([a], [b]) => a - b).map(([, body]) => body))
    judge(opened[0], blob, tableBase64 === null ? null : Buffer.from(tableBase64, 'base64'), trust)
  } catch (error) {
    if (error instanceof Fault) return REASONS.get(error.code)
    throw error
  }
  return { verdict: 'accepted', step: null, reason: null }
}

const names = ['good', 'bad'].flatMap(kind => readdirSync(new URL(kind, FOLDER)).sort().map(name => `${kind}/${name}`))
let failed = 0, exact = 0
console.log(`TAP version 13\n1..${names.length}`)
for (const [at, name] of names.entries()) {
  const vector = JSON.parse(load(name)), found = await verify(vector), agrees = same(found, vector.expect)
  const right = agrees && (found.verdict === 'accepted') === name.startsWith('good/')
  exact += agrees
  failed += !right
  console.log(`${right ? 'ok' : 'not ok'} ${at + 1} - ${name}${agrees ? '' : ` # ${JSON.stringify(found)}, not ${JSON.stringify(vector.expect)}`}`)
}
console.log(`# ${names.length - failed} passed, ${failed} failed; ${exact} of ${names.length} agree on verdict, step and reason`)
process.exit(failed ? 1 : 0)
