// Compiles src/ into artifacts/, one JSON for each contract that can be deployed.
// With --check it writes nothing and fails unless it would write what is there.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import solc from 'solc'

const root = dirname(fileURLToPath(import.meta.url))
const version = '0.8.37+commit.f401782d.Emscripten.clang'
if (solc.version() !== version) throw new Error(`solc ${solc.version()}: must be ${version}; run npm ci`)

// Paris is the newest EVM without an opcode that some chain lacks (PUSH0, MCOPY). The
// hash of the metadata stays out: the bytecode depends on the code alone.
const settings = {
  optimizer: { enabled: true, runs: 1000 },
  evmVersion: 'paris',
  metadata: { bytecodeHash: 'none', appendCBOR: false },
}

const read = (path) => readFileSync(join(root, path), 'utf8')
const installed = (path) => (path.startsWith('@') ? read(`node_modules/${path}`) : read(path))
const sha256 = (text) => createHash('sha256').update(text).digest('hex')
const named = (dir) => readdirSync(join(root, dir)).filter((name) => name.endsWith('.sol')).sort().map((name) => `${dir}/${name}`)

const ours = [...named('src'), ...named('src/test')]
const input = {
  language: 'Solidity',
  sources: Object.fromEntries(ours.map((path) => [path, { content: read(path) }])),
  settings: { ...settings, outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object', 'metadata'] } } },
}
const output = JSON.parse(solc.compile(JSON.stringify(input), { import: (path) => ({ contents: installed(path) }) }))
for (const e of output.errors ?? []) console.error(e.formattedMessage)
if (output.errors?.some((e) => e.severity === 'error')) process.exit(1)

// What a contract was made of: the sources that its metadata lists.
function sources(metadata) {
  const paths = Object.keys(JSON.parse(metadata).sources).sort()
  return Object.fromEntries(paths.map((path) => [path, sha256(installed(path))]))
}

const artifacts = new Map()
for (const path of ours) {
  for (const [name, c] of Object.entries(output.contracts[path] ?? {})) {
    if (!c.abi.some((entry) => entry.type === 'function') || c.evm.bytecode.object === '') continue // a library, an interface, a base
    const file = path.replace(/^src/, 'artifacts').replace(/[^/]*$/, `${name}.json`)
    const artifact = { contract: name, compiler: { version, settings }, sources: sources(c.metadata), abi: c.abi, bytecode: `0x${c.evm.bytecode.object}` }
    artifacts.set(file, `${JSON.stringify(artifact, null, 1)}\n`)
  }
}

const present = ['artifacts', 'artifacts/test'].flatMap((dir) => (existsSync(join(root, dir)) ? readdirSync(join(root, dir)).filter((n) => n.endsWith('.json')).map((n) => `${dir}/${n}`) : []))
const stale = present.filter((file) => !artifacts.has(file))
const changed = [...artifacts].filter(([file, text]) => !existsSync(join(root, file)) || read(file) !== text)
if (process.argv.includes('--check')) {
  for (const file of [...stale, ...changed.map(([file]) => file)]) console.error(`${file}: not what the sources compile to`)
  console.log(`${artifacts.size} contracts checked`)
  process.exit(stale.length + changed.length > 0 ? 1 : 0)
}
mkdirSync(join(root, 'artifacts/test'), { recursive: true })
for (const file of stale) rmSync(join(root, file))
for (const [file, text] of changed) writeFileSync(join(root, file), text)
for (const [file, text] of artifacts) console.log(`${file}: ${(JSON.parse(text).bytecode.length - 2) / 2} bytes to deploy`)
