#!/usr/bin/env node
// Plays the scenario (README.md) through node's mysql: node node_session.js
//
// Where the server is stands in the environment. Exit codes: 0 played to its end, 1 an error, 77
// the module is not installed.
'use strict';

const fs = require('fs');
const path = require('path');
const util = require('util');

let mysql;
try {
  // Where Debian puts modules; a node from elsewhere does not look there.
  process.env.NODE_PATH = [process.env.NODE_PATH, '/usr/share/nodejs'].filter(Boolean).join(':');
  require('module').Module._initPaths();
  mysql = require('mysql');
} catch (missing) {
  console.error(missing.message.split('\n')[0]);
  process.exit(77);
}

const folder = path.join(__dirname, 'scenario');
const setting = (name, otherwise = '') => process.env['BOREAL_' + name] || otherwise;
const database = setting('DATABASE', 'clients');
const lines = (name) => fs.readFileSync(path.join(folder, name), 'utf8').split('\n').slice(0, -1);

// The statements of each part of statements.txt, by its name.
const sql = {};
let part;
for (const line of lines('statements.txt')) {
  if (line.startsWith('-- ')) {
    sql[(part = line.slice(3))] = [];
  } else {
    sql[part].push(line.replace('@LOAD@', path.join(folder, 'load.csv'))
      .replace('@MODEL@', database + '_model').replace('@DATABASE@', database));
  }
}

const tls = setting('TLS') !== 'on' ? undefined
  : setting('TLS_CA') ? { ca: fs.readFileSync(setting('TLS_CA')), checkServerIdentity: () => {} }
    : { rejectUnauthorized: false };
const connection = mysql.createConnection({
  host: setting('HOST', '127.0.0.1'),
  port: Number(setting('PORT', '3307')),
  user: setting('USER', 'root'),
  password: setting('PASSWORD'),
  charset: 'utf8mb4',
  multipleStatements: true,
  dateStrings: true,
  supportBigNumbers: true,
  bigNumberStrings: true,
  ssl: tls,
});
const ask = util.promisify(connection.query.bind(connection));
const rowsOf = async (text, values) =>
  (await ask(text, values)).map((row) => Object.values(row));

// What is bound for a cell of rows.tsv.
function native(text, kind) {
  if (text === 'NULL') return null;
  if (kind === 'bytes') return Buffer.from(text, 'hex');
  if (kind === 'bit') return parseInt(text, 16);
  if (kind === 'float') return Number(text);
  // Numbers above 2^53 are none of this language's.
  return kind === 'int' && Number.isSafeInteger(Number(text)) ? Number(text) : text;
}

// A value as rows.tsv has it.
function canonical(value, kind) {
  if (value === null) return 'NULL';
  return Buffer.isBuffer(value) ? value.toString('hex') : String(value);
}

function show(name, cells) {
  process.stdout.write([name, ...cells.map(canonical)].join('\t') + '\n');
}

async function values() {
  for (const row of await rowsOf(sql.hello[0])) show('hello', row);
  const [[, cipher]] = await rowsOf("SHOW STATUS LIKE 'Ssl_cipher'");
  const [[, compression]] = await rowsOf("SHOW STATUS LIKE 'Compression'");
  show('wire', [cipher ? 'on' : 'off', compression]);
  for (const statement of sql.schema) await ask(statement);
  const [, kinds, ...rows] = lines('rows.tsv').map((line) => line.split('\t'));
  for (const row of await rowsOf(sql.text[0])) show('text', row);
  for (const row of rows) {
    const cells = row.map((text, index) => native(text, kinds[index]));
    cells[0] += 10;
    await ask(sql.prepared[0], cells);
  }
  for (const row of await rowsOf(sql.prepared[1], [10])) show('prepared', row);
  for (const row of await rowsOf(sql.stored[0])) show('stored', row);
}

async function changes() {
  const changed = await ask(sql.changed[0]);
  show('changed', [changed.affectedRows, changed.insertId]);
  const [insert, count] = sql.transaction;
  const counts = [];
  for (const end of ['rollback', 'commit']) {
    await util.promisify(connection.beginTransaction.bind(connection))();
    await ask(insert);
    await util.promisify(connection[end].bind(connection))();
    counts.push((await rowsOf(count))[0][0]);
  }
  show('transaction', counts);
  for (const statement of sql.errors) {
    try {
      await ask(statement);
      show('error', ['none']);
    } catch (error) {
      show('error', [error.errno]);
      show('state', [error.sqlState]);
    }
  }
  show('load', [(await ask(sql.load[0])).affectedRows]);
  for (const row of await rowsOf(sql.load[1])) show('loaded', row);
}

function stream() {
  return new Promise((resolve, reject) => {
    let count = 0;
    let total = 0;
    connection.query(sql.stream[0]).on('error', reject)
      .on('result', (row) => { count += 1; total += Number(row.n); })
      .on('end', () => resolve([count, total]));
  });
}

async function results() {
  show('stream', await stream());
  for (const result of await ask(sql.multi[0])) {
    if (Array.isArray(result)) for (const row of result) show('multi', Object.values(row));
  }
  const [mark, marked] = sql.mark;
  const account = { user: setting('USER', 'root'), password: setting('PASSWORD'), database };
  for (const [name, command] of [
    ['ping', (done) => connection.ping(done)],
    ['change', (done) => connection.changeUser(account, done)],
  ]) {
    await ask(mark);
    await util.promisify(command)();
    show(name, (await rowsOf(marked))[0]);
  }
}

async function model() {
  const [table, fill, create, state, predict, drop] = sql.model;
  for (const statement of [table, fill, create]) await ask(statement);
  let status;
  for (let turn = 0; turn < 3000 && !['saved', 'failed'].includes(status); turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    [[status]] = await rowsOf(state);
  }
  show('model', [status]);
  for (const row of await rowsOf(predict, [5, 150])) show('predict', row);
  await ask(drop);
  await ask(state).catch((error) => show('dropped', [error.errno]));
}

async function main() {
  await ask(`DROP DATABASE IF EXISTS ${database}`);
  await ask(`CREATE DATABASE ${database} CHARACTER SET utf8mb4`);
  await ask(`USE ${database}`);
  await values();
  await changes();
  await results();
  if (process.argv.length === 2) await model();
  await ask(`DROP DATABASE ${database}`);
  connection.end();
}

main().catch((error) => {
  console.error('node_session:', error);
  process.exit(1);
});
